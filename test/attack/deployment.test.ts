import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createAdmission } from '../../src/main/admission.ts';
import { createPool } from '../../src/store/pool.ts';
import { freePort, startBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { testServer } from '../support/postgres.ts';
import { createTestStore, type TestStore } from '../support/store.ts';
import { disguisesOf, found } from './disguises.ts';
import { runProgram, startProgram } from './served.ts';

const key = () => randomBytes(32).toString('base64url');

// Each starts several processes, which takes its time where others run too.
describe('serve', { timeout: 90_000 }, () => {
  let home: string;
  let store: TestStore;
  let good: Record<string, string>;
  let number = 0;
  /** One for the store, so that it opens what an earlier start has sealed. */
  const master = key();
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'countersign-serve-'));
    store = await createTestStore();
  });
  beforeEach(async () => {
    good = {
      COUNTERSIGN_PORT: String(await freePort()),
      COUNTERSIGN_ISSUER: 'https://broker.example.com',
      COUNTERSIGN_MASTER_KEY_FILE: await file(master),
      COUNTERSIGN_DATA_DIR: join(home, 'data'),
      DATABASE_URL: store.runtimeUrl,
    };
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  async function file(content: string, mode = 0o600): Promise<string> {
    const path = join(home, `secret-${(number += 1)}`);
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  }
  const without = (name: string) =>
    Object.fromEntries(Object.entries(good).filter(([variable]) => variable !== name));

  it('starts when all is in place', async () => {
    const served = await startProgram(['serve'], good, { cwd: home, ready: /"serving"/ });
    expect(await served.stop()).toBe(0);
    expect(served.output()).toMatch(/"audit_head":"\d+:[0-9a-f]{64}"/);
  });

  /** One clear line, exit 1, the setting named and its value not shown. */
  async function refuses(env: Record<string, string>, saying: RegExp, ...values: string[]) {
    const { code, output } = await runProgram(['serve'], env, home);
    expect(output).toMatch(saying);
    expect(code).toBe(1);
    expect(output).not.toMatch(/\n\s+at /);
    for (const value of values) {
      expect(disguisesOf(value).filter((form) => output.includes(form))).toEqual([]);
    }
  }

  it('refuses to make up for what is missing', async () => {
    await Promise.all([
      refuses(without('COUNTERSIGN_MASTER_KEY_FILE'), /COUNTERSIGN_MASTER_KEY is not set/),
      refuses(without('COUNTERSIGN_ISSUER'), /COUNTERSIGN_ISSUER is not set/),
      refuses(without('DATABASE_URL'), /DATABASE_URL is not set/),
    ]);
  });

  it('refuses a weak master key, wherever it comes from, and a key file that others can read', async () => {
    const value = Buffer.alloc(32, 'ab').toString('base64');
    const direct = { ...without('COUNTERSIGN_MASTER_KEY_FILE'), COUNTERSIGN_MASTER_KEY: value };
    const byFile = { ...good, COUNTERSIGN_MASTER_KEY_FILE: await file(value) };
    const open = { ...good, COUNTERSIGN_MASTER_KEY_FILE: await file(master, 0o640) };
    await Promise.all([
      refuses(direct, /COUNTERSIGN_MASTER_KEY: the master key is weak/, value),
      refuses(byFile, /the master key is weak/, value),
      refuses(open, /can be read by others/, master),
    ]);
  });

  it('refuses an issuer that is not https, this machine’s too', async () => {
    const env = { ...good, COUNTERSIGN_ISSUER: 'http://localhost:7300' };
    await refuses(env, /COUNTERSIGN_ISSUER must be an https URL/);
  });

  it('refuses a store without tables, and does not make them', async () => {
    const server = await testServer();
    const database = await server.createDatabase('empty');
    const url = server.url(database);
    await refuses({ ...good, DATABASE_URL: url }, /no tables yet\. Run: countersign migrate/);
    const pool = createPool({ url: new Secret(url), poolSize: 1 });
    const { rows } = await pool.query("select from pg_namespace where nspname = 'countersign'");
    await pool.end();
    expect(rows).toEqual([]);
  });

  it('refuses the owner of the audit, and a store that is away, without the password', async () => {
    const wrong = new URL(store.runtimeUrl);
    wrong.password = 'canary-of-a-wrong-password';
    const away = new URL(store.runtimeUrl);
    away.port = '1';
    const owner = { ...good, DATABASE_URL: store.ownerUrl };
    await refuses(owner, /owns the audit.*Use the runtime role/s);
    await refuses({ ...good, DATABASE_URL: wrong.href }, /store/i, wrong.password);
    await refuses({ ...good, DATABASE_URL: away.href }, /store/i);
  });

  it('refuses a store that was sealed under another master key', async () => {
    const served = await startProgram(['serve'], good, { cwd: home, ready: /"serving"/ });
    await served.stop();
    const keys = () => store.asSuperuser('select kid from countersign.signing_keys');
    const before = await keys();
    const other = { ...good, COUNTERSIGN_MASTER_KEY_FILE: await file(key()) };
    await refuses(other, /do not open with this master key/);
    // One for another algorithm, sealed under the wrong key, would shut the right broker out.
    await refuses(
      { ...other, COUNTERSIGN_SIGNING_ALG: 'EdDSA' },
      /do not open with this master key/,
    );
    expect(await keys()).toEqual(before);
  });

  it('brings no default secret: two installations share none', async () => {
    const two = await Promise.all([startBroker(), startBroker()]);
    const kids = two.map(async ({ url }) => {
      const answer = await fetch(`${url}/.well-known/jwks.json`);
      return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    });
    const [first = [], second = []] = await Promise.all(kids);
    expect(first.length).toBeGreaterThan(0);
    expect(first.filter((kid) => second.includes(kid))).toEqual([]);
    expect(new Set(two.map(({ composed }) => composed.broker.installation)).size).toBe(2);
    for (const { url } of two) {
      for (const token of ['', 'admin', 'cst_op_', `cst_op_${'A'.repeat(43)}`]) {
        const headers = { Authorization: `Bearer ${token}` };
        expect((await fetch(`${url}/v1/agents`, { headers })).status).toBe(401);
      }
    }
    await Promise.all(two.map((broker) => broker.stop()));
  });
});

describe('a backup of the store', () => {
  it('holds nothing that can be used upstream, and is of no use without the master key', async () => {
    const broker = await startBroker();
    await broker.apply(SHOP_BUNDLE);
    const admin = await broker.operator();
    const upstream = { old: `old-${key()}`, secret: `postgres://admin:${key()}@db.internal/shop` };
    for (const value of Object.values(upstream)) {
      await admin.call('setSecret', { params: { name: 'shop/admin-url' }, body: { value } });
    }
    const stored = await broker.composed.broker.secrets.read('shop/admin-url');
    expect(stored.value.reveal()).toBe(upstream.secret);
    const tables = await broker.store.asSuperuser<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'countersign'::regnamespace and relkind in ('r', 'p')",
    );
    expect(tables.length).toBeGreaterThan(15);
    let dump = '';
    for (const { name } of tables) {
      const rows = await broker.store.asSuperuser<{ row: string }>(
        `select t::text as row from countersign.${name} t`,
      );
      dump += rows.map(({ row }) => row).join('\n');
    }
    expect(dump).toContain('shop/admin-url');
    const master = { master: broker.config.masterKey?.reveal() ?? '' };
    expect(found(dump, { ...upstream, ...master })).toEqual([]);
    // Nor the private part of a signing key: with it, tokens could be made.
    expect(dump).not.toMatch(/"d"\s*:/);
    // What an old secret was is gone for good, the box included.
    expect(
      await broker.store.asSuperuser('select generation::int from countersign.secrets'),
    ).toEqual([{ generation: 2 }]);
    await broker.stop();
    const shared = { masterKey: new Secret(key()), issuer: broker.config.http.issuer };
    await expect(startBroker({ store: broker.store, shared })).rejects.toThrow(/master key/);
  });
});

describe('forwarded headers', () => {
  const request = (remoteAddress: string, forwarded?: string | string[]) => ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  });

  it.each<[string, string[], string, string | string[] | undefined, string]>([
    ['nobody is listed', [], '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['loopback is not listed', [], '127.0.0.1', '198.51.100.1', '127.0.0.1'],
    ['another hop is listed', ['10.0.0.5'], '10.0.0.6', '198.51.100.1', '10.0.0.6'],
    ['the hop is listed', ['10.0.0.5'], '10.0.0.5', '198.51.100.1', '198.51.100.1'],
    ['the hop is listed and says nothing', ['10.0.0.5'], '10.0.0.5', undefined, '10.0.0.5'],
    ['the network is listed', ['10.0.0.0/24'], '::ffff:10.0.0.77', '198.51.100.1', '198.51.100.1'],
    [
      'the caller wrote a part of it',
      ['10.0.0.5'],
      '10.0.0.5',
      '1.1.1.1, 198.51.100.1',
      '198.51.100.1',
    ],
    [
      'two listed hops',
      ['10.0.0.0/24'],
      '10.0.0.5',
      '1.1.1.1, 198.51.100.1, 10.0.0.9',
      '198.51.100.1',
    ],
    ['two headers', ['10.0.0.5'], '10.0.0.5', ['1.1.1.1', '198.51.100.1'], '198.51.100.1'],
    ['rubbish nearest', ['10.0.0.5'], '10.0.0.5', '198.51.100.1, localhost', '10.0.0.5'],
    ['all hops are listed', ['10.0.0.0/8'], '10.0.0.5', '10.1.1.1', '10.0.0.5'],
    ['IPv6', ['fd00::/8'], 'fd00::5', '2001:db8::7', '2001:db8::7'],
  ])('count only from listed hops: %s', (_name, trusted, remote, forwarded, expected) => {
    const { addressOf } = createAdmission({ agentRate: 1, trustedProxies: trusted });
    expect(addressOf(request(remote, forwarded))).toBe(expected);
  });

  it('do not lend a caller the budget of others, unless the hop is listed', async () => {
    const attempts = async (trustedProxies: string[]) => {
      const broker = await startBroker();
      await broker.stop();
      const again = await startBroker({
        store: broker.store,
        shared: { masterKey: broker.config.masterKey, issuer: broker.config.http.issuer },
        config: { http: { ...broker.config.http, trustedProxies } },
      });
      const url = `http://127.0.0.1:${again.config.http.port}`;
      const once = async (n: number) => {
        const headers = {
          Authorization: 'Bearer garbage',
          'X-Forwarded-For': `198.51.100.${n % 250}`,
          Forwarded: `for=198.51.100.${n % 250}`,
        };
        return (await fetch(`${url}/v1/tasks`, { headers })).status;
      };
      const statuses: number[] = [];
      for (let n = 0; n < 260; n += 20) {
        statuses.push(...(await Promise.all(Array.from({ length: 20 }, (_, i) => once(n + i)))));
      }
      await again.stop();
      return new Set(statuses);
    };
    expect(await attempts([])).toEqual(new Set([401, 429]));
    expect(await attempts(['127.0.0.1'])).toEqual(new Set([401]));
  });
});
