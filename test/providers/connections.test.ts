import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { readAdminUrl } from '../../src/providers/postgres/admin-url.ts';
import { createPostgresProvider } from '../../src/providers/postgres/provider.ts';
import { selfSigned } from './self-signed.ts';
import { newLease, Shop } from './shop.ts';

const ALLOW = new Set(['db.internal:5432', '[fd00::1]:5433']);

function read(url: string) {
  return readAdminUrl(new Secret(url), ALLOW);
}

describe('the admin URL', () => {
  it('is read whole', () => {
    const target = read('postgres://us%40er:p%2Fw@db.example.com:6432/my%20shop');
    expect(target).toMatchObject({
      host: 'db.example.com',
      port: 6432,
      database: 'my shop',
      user: 'us@er',
      tls: true,
    });
    expect(target.password.reveal()).toBe('p/w');
  });

  it.each([
    ['postgres://a:b@127.0.0.1/c', false],
    ['postgres://a:b@127.9.9.9/c', false],
    ['postgres://a:b@[::1]/c', false],
    ['postgres://a:b@localhost/c', false],
    ['postgres://a:b@localhost/c?sslmode=require', true],
    ['postgres://a:b@db.internal/c', false],
    ['postgres://a:b@db.internal:5433/c', true],
    ['postgres://a:b@[fd00::1]:5433/c', false],
    ['postgres://a:b@10.0.0.1/c', true],
    ['postgres://a:b@localhost.example.com/c', true],
    ['postgres://a:b@127.0.0.1.example.com/c', true],
  ])('%s: TLS is %s', (url, tls) => {
    expect(read(url).tls).toBe(tls);
  });

  it.each([
    'nonsense',
    'mysql://a:canary@h/c',
    'postgres://h/c',
    'postgres://a@h/c',
    'postgres://:canary@h/c',
    'postgres://a:canary@h',
    'postgres://a:canary@/c',
    'postgres://a:%zz@h/c',
    'postgres://a:canary@h/c?host=/tmp',
    'postgres://a:canary@h/c?sslmode=disable',
    'postgres://a:canary@h/c?sslmode=prefer',
    'postgres://a:canary@h/c?options=-c%20role%3Dx',
  ])('%s is refused, and not repeated', (url) => {
    try {
      read(url);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'provider_misconfigured' });
      expect(JSON.stringify(error) + String(error)).not.toContain('canary');
    }
  });
});

describe('connections', () => {
  let shop: Shop;
  let server: Server;
  const received: Buffer[] = [];
  let answer: (socket: Socket) => void;
  beforeAll(async () => {
    shop = await Shop.open(18);
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      answer(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await shop.close();
  });
  afterEach(() => vi.unstubAllEnvs());

  function issueAt(query: string, signal = new AbortController().signal) {
    const { port } = server.address() as AddressInfo;
    const value = new Secret(`postgres://adm:canary-secret@localhost:${port}/shop${query}`);
    const provider = createPostgresProvider({
      installation: shop.installation,
      networkAllow: new Set(),
    });
    const request = { ...shop.request(), root: { value, generation: 1 }, signal };
    return provider.issue(request).finally(() => provider.close());
  }

  it('says nothing to a server whose certificate nobody vouches for', async () => {
    const { key, cert } = selfSigned();
    const secureContext = createSecureContext({ key, cert });
    answer = (socket) => {
      socket.once('data', () => {
        socket.write('S');
        const tls = new TLSSocket(socket, { isServer: true, secureContext });
        tls.on('error', () => undefined);
        tls.on('data', (data) => received.push(data));
      });
    };
    await expect(issueAt('?sslmode=require')).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: expect.stringContaining('certificate') as string,
    });
    expect(received).toEqual([]);
  });

  it('does not fall back to plain text', async () => {
    answer = (socket) => {
      socket.once('data', () => {
        socket.on('data', (data) => received.push(data));
        socket.write('N');
      });
    };
    await expect(issueAt('?sslmode=verify-full')).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: expect.stringContaining('no TLS') as string,
    });
    expect(received).toEqual([]);
  });

  it('gives up on a server that never answers when it is told to', async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    await expect(issueAt('', controller.signal)).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
  });

  it('is deaf to the variables other PostgreSQL programs obey', async () => {
    const variables = {
      PGHOST: 'nowhere.invalid',
      PGPORT: '1',
      PGUSER: 'nobody',
      PGPASSWORD: 'wrong',
      PGDATABASE: 'nothing',
      PGOPTIONS: '-c default_transaction_read_only=on',
      PGSSLMODE: 'verify-full',
      PGSSLNEGOTIATION: 'direct',
      PGREPLICATION: 'database',
      PGCLIENT_ENCODING: 'LATIN1',
      PGCONNECT_TIMEOUT: '0',
      PGAPPNAME: 'x',
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const provider = shop.anotherBroker();
    const request = shop.request();
    const issued = await provider.issue(request);
    expect(issued.credential).toMatchObject({ host: '127.0.0.1', database: shop.database });
    expect(await provider.revoke(request)).toMatchObject({ sessionsSeen: 0 });
    await provider.close();
  });

  it('holds four connections at most, whatever is asked of it', async () => {
    const provider = shop.anotherBroker();
    const seen: number[] = [];
    const work = Promise.all(
      Array.from({ length: 30 }, () => provider.listOwned(shop.reach(), { limit: 10 })),
    ).then(() => 'done');
    for (let state = 'busy'; state === 'busy'; ) {
      const { rows } = await shop.owner.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1',
        [shop.admin],
      );
      seen.push(rows[0]?.n ?? 0);
      state = await Promise.race([work, 'busy']);
    }
    expect(Math.max(...seen)).toBeLessThanOrEqual(4);
    await provider.close();
  });

  it('goes on after its connections were cut', async () => {
    await shop.provider.issue(shop.request());
    await shop.owner.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1',
      [shop.admin],
    );
    await shop.owned().catch(() => undefined);
    const { lease } = await shop.login();
    expect(await shop.owned()).toContain(lease.outsideName);
  });

  it('takes no lease name that is not its own', async () => {
    const lease = { ...newLease(shop.installation), outsideName: 'x"; DROP ROLE y; --' };
    await expect(shop.provider.issue({ ...shop.request(), lease })).rejects.toMatchObject({
      code: 'provider_rejected',
    });
  });
});
