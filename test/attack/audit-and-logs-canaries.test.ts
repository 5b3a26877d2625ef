import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createNewId } from '../../src/platform/random.ts';
import { createAgentSession } from '../../src/sdk/agent-session.ts';
import { createClient } from '../../src/sdk/client.ts';
import { generateAgentKey } from '../../src/sdk/generate-key.ts';
import { createOperatorTokenStore } from '../../src/store/operator-tokens.ts';
import { createPool } from '../../src/store/pool.ts';
import { freePort } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';
import { createTestStore, type TestStore } from '../support/store.ts';
import { disguisesOf, found } from './disguises.ts';
import { type ServedProcess, startProgram, visibleTraces } from './served.ts';

const canary = (name: string) => `canary-${name}-${randomBytes(9).toString('hex')}`;
const ISSUER = 'https://broker.example.com';
/** A first token has no reason, so there is nothing to seal. */
const NOTHING_PERSONAL = { seal: () => Promise.reject(new Error('nothing to seal')) };

/** Never anywhere but in sealed boxes and at their one moment of use. */
const secrets = {
  masterKey: randomBytes(32).toString('base64url'),
  storePassword: canary('store'),
  adminPassword: canary('admin'),
  wrongPassword: canary('wrong'),
  otherSecret: canary('other'),
  refusedSecret: canary('refused'),
  operatorToken: '',
  accessToken: '',
  leasePassword: '',
  agentKey: '',
};
/** Kept by the store, shown to whom it concerns; nowhere else in clear. */
const personal = {
  agentName: canary('agent'),
  owner: `${canary('owner')}@example.com`,
  purpose: canary('purpose'),
  ticket: canary('ticket'),
  deniedPurpose: canary('denied'),
  reason: canary('reason'),
  lifted: canary('lifted'),
  note: canary('note'),
};

describe('canaries, after a whole life of a broker in a process of its own', () => {
  let store: TestStore;
  let shop: ShopDatabase;
  let home: string;
  let served: ServedProcess;
  let url: string;
  let audit: string;
  const answers: string[] = [];
  const errors: string[] = [];
  const traces: string[] = [];
  const running: string[] = [];

  beforeAll(async () => {
    [store, shop] = await Promise.all([createTestStore(), createShop()]);
    await store.asSuperuser(`alter role ${store.runtimeRole} password '${secrets.storePassword}'`);
    await shop.asSuperuser(`alter role ${shop.adminRole} password '${secrets.adminPassword}'`);
    home = await mkdtemp(join(tmpdir(), 'countersign-canary-'));
    const file = async (name: string, content: string) => {
      await writeFile(join(home, name), `${content}\n`, { mode: 0o600 });
      return join(home, name);
    };
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    served = await startProgram(
      ['serve'],
      {
        COUNTERSIGN_PORT: String(port),
        COUNTERSIGN_ISSUER: ISSUER,
        COUNTERSIGN_DATA_DIR: join(home, 'data'),
        COUNTERSIGN_LOG_LEVEL: 'trace',
        COUNTERSIGN_MASTER_KEY_FILE: await file('master', secrets.masterKey),
        DATABASE_URL_FILE: await file(
          'database',
          withPassword(store.runtimeUrl, secrets.storePassword),
        ),
      },
      { cwd: home, ready: /"serving"/ },
    );
    await life();
  });
  afterAll(async () => {
    await served?.stop();
    await rm(home, { recursive: true, force: true });
  });

  function withPassword(of: string, password: string): string {
    const made = new URL(of);
    made.password = password;
    return made.href;
  }

  /** Calls, and keeps everything that came back. */
  const recorded: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    // Our own path may hold a secret on purpose: its first part is enough.
    const [target = ''] = /^\/[^/]*(\/[a-z]+)?/.exec(new URL(String(input)).pathname) ?? [];
    const handsOut =
      answer.ok &&
      (target === '/oauth/token' || (target === '/v1/leases' && init?.method === 'POST'));
    if (!handsOut)
      answers.push(
        `${target} ${JSON.stringify([...answer.headers])} ${await answer.clone().text()}`,
      );
    return answer;
  };
  const failing = async (work: Promise<unknown>) => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeDefined();
    errors.push(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack ?? ''}`);
  };

  async function life(): Promise<void> {
    const pool = createPool({
      url: new Secret(withPassword(store.runtimeUrl, secrets.storePassword)),
      poolSize: 1,
    });
    const operatorTokens = createOperatorTokenStore(pool);
    const issued = await issueOperatorToken(
      { operatorTokens, newId: createNewId(Date.now), personal: NOTHING_PERSONAL },
      { role: 'admin', ttlSeconds: 900 },
    );
    await pool.end();
    secrets.operatorToken = issued.token.reveal();
    const admin = createClient({ url, operatorToken: secrets.operatorToken, fetch: recorded });
    const forbidden =
      '@id("no-reports") forbid (principal, action, resource in Resource::"reports");';
    const files = { ...SHOP_BUNDLE, 'rules/none.cedar': `${forbidden}\n` };
    const { version } = await admin.call('storeBundle', { body: { files, note: personal.note } });
    await admin.call('activateBundle', { params: { version: String(version) } });
    const set = (name: string, value: string) =>
      admin.call('setSecret', { params: { name }, body: { value } });
    await set('shop-staging/admin-url', withPassword(shop.adminUrl, secrets.adminPassword));
    await set('shop/admin-url', withPassword(shop.adminUrl, secrets.wrongPassword));
    await set('other/value', secrets.otherSecret);
    await failing(set('Not A Name', secrets.refusedSecret));
    await failing(
      admin.call('setSecret', {
        params: { name: 'a' },
        body: { value: 'x', unknown: secrets.refusedSecret },
      } as never),
    );
    await failing(admin.call('probeResource', { params: { name: 'nowhere' } }));
    await admin.call('probeResource', { params: { name: 'shop' } });
    await admin.call('probeResource', { params: { name: 'shop-staging' } });

    const { privateJwk, publicJwk } = generateAgentKey();
    secrets.agentKey = String((privateJwk as unknown as Record<string, unknown>)['d']);
    const { id } = await admin.call('createAgent', {
      body: {
        name: personal.agentName,
        owner: personal.owner,
        teams: ['support'],
        jwks: { keys: [{ ...publicJwk }] },
      },
    });
    const session = createAgentSession({
      url,
      issuer: ISSUER,
      agentId: id,
      privateKey: privateJwk,
      fetch: recorded,
    });
    const task = { purpose: personal.purpose, ticket: personal.ticket };
    const minted = await session.mintToken({ scopes: ['shop-staging:read', 'shop:read'], task });
    secrets.accessToken = minted.access_token.split('.')[2] ?? '';
    await failing(
      session.mintToken({ scopes: ['reports:read'], task: { purpose: personal.deniedPurpose } }),
    );
    const client = session.client(minted.access_token);
    await failing(client.call('issueLease', { body: { scope: 'shop:read' } }));
    const lease = await client.call('issueLease', { body: { scope: 'shop-staging:read' } });
    secrets.leasePassword = String(lease.credential['password']);
    const login = new pg.Client({ connectionString: String(lease.credential['url']) });
    login.on('error', () => undefined);
    await login.connect();
    await login.query('select count(*) from orders');

    await rawErrors(minted.access_token);
    // While everything is in use: what the server shows of the sessions, and the system of the process.
    running.push(JSON.stringify(await shop.asSuperuser('select * from pg_stat_activity')));
    running.push(JSON.stringify(await shop.asSuperuser('select * from pg_db_role_setting')));
    for (const trace of visibleTraces(served.pid)) traces.push(trace.cmdline, trace.environ);

    // The store goes away under a request, and comes back.
    await store.asSuperuser(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = $1`,
      [store.runtimeRole],
    );
    await client.call('listScopes', {}).catch((error: unknown) => errors.push(String(error)));
    await admin.call('suspendAgent', { params: { id }, body: { reason: personal.reason } });
    await admin.call('resumeAgent', { params: { id }, body: { reason: personal.lifted } });
    await admin.call('revoke', { body: { resource: 'shop', reason: personal.reason } });
    const stops = await admin.call('listStops', {});
    for (const stop of stops.items.filter((one) => one.lifted_at === undefined)) {
      await admin.call('liftStop', { params: { id: stop.id }, body: { reason: personal.lifted } });
    }
    await vi.waitFor(
      async () => {
        const { state } = await admin.call('getLease', { params: { id: lease.lease.id } });
        expect(state).toBe('revoked');
      },
      { timeout: 15_000 },
    );
    for (const path of ['/readyz', '/metrics', '/openapi.json', '/.well-known/jwks.json']) {
      await recorded(`${url}${path}`);
    }
    await recorded(`${url}/v1/audit?limit=100`, { headers: bearer(secrets.operatorToken) });
    const stream = await admin.stream('exportAudit');
    audit = await text(stream.body as AsyncIterable<Uint8Array<ArrayBuffer>>);
  }

  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

  /** Secrets where they do not belong: each is refused, and none is repeated. */
  async function rawErrors(accessToken: string): Promise<void> {
    const json = { 'Content-Type': 'application/json' };
    const operator = { ...json, ...bearer(secrets.operatorToken) };
    const post = (path: string, headers: Record<string, string>, body: string | URLSearchParams) =>
      recorded(`${url}${path}`, { method: 'POST', headers, body });
    await post('/v1/agents', operator, `{"name":"${secrets.refusedSecret}"`);
    await post('/v1/agents', operator, JSON.stringify({ name: { a: secrets.refusedSecret } }));
    await post(
      '/v1/agents',
      operator,
      JSON.stringify({ jwks: { keys: [{ d: secrets.agentKey }] } }),
    );
    await post(
      '/v1/policy/bundles',
      operator,
      JSON.stringify({ files: { 'agents.yaml': `: ${secrets.refusedSecret}: [` } }),
    );
    await post('/v1/leases', { ...json, ...bearer(accessToken) }, secrets.otherSecret);
    await recorded(`${url}/v1/tasks?access_token=${accessToken}`);
    await recorded(`${url}/v1/tasks?cursor=${secrets.otherSecret}`, {
      headers: bearer(secrets.operatorToken),
    });
    await recorded(`${url}/v1/tokens/${secrets.operatorToken}`);
    await recorded(`${url}/v1/tokens/${accessToken}`, { headers: bearer(accessToken) });
    await recorded(`${url}/v1/tasks`, {
      headers: { Authorization: `Basic ${btoa(`a:${secrets.otherSecret}`)}` },
    });
    await post(
      '/oauth/token',
      {},
      new URLSearchParams({
        grant_type: secrets.otherSecret,
        client_id: 'a',
        client_secret: secrets.otherSecret,
      }),
    );
    await post(
      '/oauth/revoke',
      {},
      new URLSearchParams({ token: accessToken, client_assertion: accessToken }),
    );
    await post(
      '/oauth/token',
      {},
      new URLSearchParams({
        client_assertion: secrets.otherSecret,
        authorization_details: personal.purpose,
      }),
    );
  }

  it('are found by the search where they are', () => {
    for (const secret of Object.values({ ...secrets, ...personal })) {
      expect(secret.length).toBeGreaterThan(15);
      expect(disguisesOf(secret).length).toBeGreaterThan(6);
      for (const offset of ['', 'a', 'ab', 'abc']) {
        const inside = Buffer.from(`${offset}${secret}xyz`);
        for (const encoding of ['utf8', 'hex', 'base64', 'base64url'] as const) {
          expect(found(`<${inside.toString(encoding)}>`, { secret })).toEqual(['secret']);
        }
      }
    }
  });

  it('are in no line of the log, which is whole JSON and has been written to', () => {
    const output = served.output();
    const lines = output.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(30);
    for (const line of lines) JSON.parse(line);
    expect(found(output, { ...secrets, ...personal })).toEqual([]);
  });

  it('are in no answer, error or metric', () => {
    expect(answers.length).toBeGreaterThan(25);
    expect(found(answers.join('\n'), secrets)).toEqual([]);
    expect(found(errors.join('\n'), { ...secrets, ...personal })).toEqual([]);
    const open = answers.filter((answer) =>
      /^\/(metrics|readyz|openapi|\.well-known)/.test(answer),
    );
    expect(open.length).toBeGreaterThanOrEqual(5);
    expect(found(open.join('\n'), personal)).toEqual([]);
  });

  it('are in no command line, environment or session that others can see', () => {
    expect(traces.length).toBeGreaterThan(1);
    expect(traces.join()).toContain('serve');
    expect(found(traces.join('\n'), { ...secrets, ...personal })).toEqual([]);
    expect(running.join()).toContain('cs_');
    expect(found(running.join('\n'), secrets)).toEqual([]);
  });

  it('are in no file of the data directory', async () => {
    const data = join(home, 'data');
    const names = await readdir(data, { recursive: true }).catch(() => []);
    for (const name of names) {
      if (!(await stat(join(data, name))).isFile()) continue;
      expect(
        found(await readFile(join(data, name), 'latin1'), { ...secrets, ...personal }),
      ).toEqual([]);
    }
  });

  it('are in no table of the store but, sealed, in boxes', async () => {
    const dump = await everyTable((sql) => store.asSuperuser(sql));
    expect(dump).toContain(personal.purpose);
    expect(dump).toMatch(/cs1\.[0-9a-f]{16}\./);
    expect(found(dump, secrets)).toEqual([]);
  });

  it('are in no catalog of the resource: it knows verifiers only', async () => {
    const dump = await everyTable((sql) => shop.asSuperuser(sql));
    expect(dump).toContain(shop.adminRole);
    expect(found(dump, { ...secrets, ...personal })).toEqual([]);
    const roles = await shop.asSuperuser<{ rolpassword: string }>(
      'select rolpassword from pg_authid where rolpassword is not null',
    );
    for (const role of roles) expect(role.rolpassword).toMatch(/^SCRAM-SHA-256\$/);
  });

  it('are not in the audit, which keeps persons and their words sealed', () => {
    expect(audit.split('\n').length).toBeGreaterThan(20);
    expect(audit).toContain('"sealed":{');
    expect(audit).toContain('"agent.resumed"');
    expect(found(audit, { ...secrets, ...personal })).toEqual([]);
  });
});

/** The text of every row of every table, the system's own included. */
async function everyTable(run: ShopDatabase['asSuperuser']): Promise<string> {
  const tables = await run<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name from pg_class c
     join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'm', 'p')`,
  );
  expect(tables.length).toBeGreaterThan(60);
  const rows: string[] = [];
  for (let at = 0; at < tables.length; at += 20) {
    const some = tables.slice(at, at + 20);
    const union = some
      .map(({ name }) => `select t::text as row from ${name} t`)
      .join(' union all ');
    rows.push(...(await run<{ row: string }>(union)).map(({ row }) => row));
  }
  return rows.join('\n');
}
