import { connect, createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { listen } from '../support/line.ts';
import { availableMajors } from '../support/postgres.ts';
import { Shop } from './shop.ts';

/** A line to the server that keeps all that goes over it. */
async function listenIn(target: number) {
  const heard: Buffer[] = [];
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    near.on('data', (bytes: Buffer) => heard.push(bytes));
    far.on('data', (bytes: Buffer) => heard.push(bytes));
    for (const socket of [near, far]) socket.on('error', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  const port = await listen(server, 0);
  return { port, text: () => Buffer.concat(heard).toString('latin1'), close: () => server.close() };
}

async function login(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return 'in';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe.each([14, 18] as const)('the admin of a PostgreSQL %i', (major) => {
  const there = availableMajors().includes(major);
  let shop: Shop;
  beforeAll(async () => {
    if (there) shop = await Shop.open(major);
  });
  afterAll(async () => {
    if (there) await shop.close();
  });
  const signal = () => AbortSignal.timeout(10_000);

  it.skipIf(!there)('gets a new password that is never on the line nor in the log', async () => {
    const line = await listenIn(shop.ground.port);
    const { provider } = shop;
    const url = new URL(shop.root().value.reveal());
    url.port = String(line.port);
    const root = { value: new Secret(url.href), generation: 1 };
    const { client } = await shop.login();
    await shop.owner.query(`ALTER ROLE ${shop.admin} SET log_min_duration_statement = 0`);

    const value = await provider.nextRoot(root);
    const next = { value, generation: 2 };
    const { password } = new URL(value.reveal());
    expect(password).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(value.reveal()).toBe(url.href.replace(url.password, password));
    expect(await provider.acceptsRoot({ root: next, signal: signal() })).toBe(false);
    await provider.rotateRoot({ root, next: value, signal: signal() });
    expect(await provider.acceptsRoot({ root: next, signal: signal() })).toBe(true);
    expect(await provider.acceptsRoot({ root, signal: signal() })).toBe(false);
    expect([await login(value.reveal()), await login(url.href)]).toEqual(['in', '28P01']);
    // Sent by us and shown by a log of statements: the verifier alone.
    expect(line.text()).toContain('ALTER ROLE CURRENT_USER PASSWORD');
    expect(line.text()).toContain('SCRAM-SHA-256$4096:');
    for (const secret of [password, url.password]) expect(line.text()).not.toContain(secret);
    // The lease that was there goes on, and repeating the step changes nothing.
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await provider.rotateRoot({ root: next, next: value, signal: signal() });
    expect(await provider.acceptsRoot({ root: next, signal: signal() })).toBe(true);
    await shop.owner.query(`ALTER ROLE ${shop.admin} PASSWORD '${shop.adminPassword}'`);
    line.close();
  });

  it.skipIf(!there)('is named by its login: server and user, not database or password', () => {
    const of = (text: string) => shop.provider.loginOf({ value: new Secret(text), generation: 1 });
    expect(of('postgres://adm:one@DB.example.com/shop')).toBe(
      of('postgresql://adm:two@db.example.com:5432/other?sslmode=require'),
    );
    expect(of('postgres://adm:x@db.example.com/s')).not.toBe(
      of('postgres://ad:x@db.example.com/s'),
    );
    expect(of('postgres://adm:x@db.example.com/s')).not.toBe(
      of('postgres://adm:x@db.example.com:1/s'),
    );
  });

  it.skipIf(!there)('that cannot be asked is neither accepted nor refused', async () => {
    const gone = new Secret(`postgres://adm:x@127.0.0.1:1/shop`);
    await expect(
      shop.provider.acceptsRoot({ root: { value: gone, generation: 1 }, signal: signal() }),
    ).rejects.toMatchObject({ code: 'provider_unavailable' });
    await expect(
      shop.provider.nextRoot({ value: new Secret('redis://x'), generation: 1 }),
    ).rejects.toMatchObject({ code: 'provider_misconfigured' });
    const aborted = AbortSignal.abort();
    await expect(
      shop.provider.acceptsRoot({ root: shop.root(), signal: aborted }),
    ).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});
