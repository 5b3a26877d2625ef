import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateAgentKey } from '../../src/sdk/generate-key.ts';
import { answering } from './answers.ts';
import { fileWith, folder, operatorFile } from './files.ts';
import { runCli } from './terminal.ts';

const LEASE = {
  ...{ id: 'lse_1', task_id: 'tsk_1', grant_id: 'grt_1', agent_id: 'agt_1', resource: 'orders-db' },
  ...{ scope: 'orders-db:read', state: 'active', created_at: '2026-01-05T12:00:00.000Z' },
  expires_at: '2026-01-05T12:15:00.000Z',
};
const CREDENTIAL = {
  ...{ type: 'postgres', host: 'db', port: 5432, database: 'shop', username: "cs_o'brien" },
  ...{ password: "it's", url: 'postgres://u:p@db:5432/shop' },
};
const ISSUED = { status: 201, body: { lease: LEASE, credential: CREDENTIAL } };
const METADATA = { body: { issuer: 'http://localhost:7300' } };
const TOKEN = {
  body: {
    ...{ access_token: 'the-access-token', token_type: 'Bearer', expires_in: 900 },
    ...{ scope: 'orders-db:read', authorization_details: [{ type: 'task', task_id: 'tsk_1' }] },
  },
};
const OAUTH = {
  'GET /.well-known/oauth-authorization-server': METADATA,
  'POST /oauth/token': TOKEN,
};
const agent = {
  agentId: 'agt_1',
  agentKeyFile: fileWith(JSON.stringify(generateAgentKey().privateJwk)),
};
const operator = { operatorTokenFile: operatorFile() };
const DEAD = { ...LEASE, state: 'revoked', ended_at: '2026-01-05T12:00:00.000Z', dead_ms: 38.4 };

test('token mint prints the token alone on stdout, so that it can be captured', async () => {
  const { fetch, seen } = answering(OAUTH);
  const argv = ['token', 'mint', '--scope', 'orders-db:read', '--purpose', 'why late?'];
  const ran = await runCli(argv, { fetch, environment: agent });
  expect(ran).toMatchObject({ code: 0, stdout: 'the-access-token\n' });
  expect(ran.stderr).toBe('orders-db:read, for 900 s, task tsk_1\n');
  const form = new URLSearchParams(seen[1]?.body as string);
  expect(form.get('grant_type')).toBe('client_credentials');
  expect(form.get('authorization_details')).toBe('[{"type":"task","purpose":"why late?"}]');
});

test('token mint --out writes a private file and does not show the token', async () => {
  const file = join(folder(), 'task.token');
  const { fetch } = answering(OAUTH);
  const argv = ['token', 'mint', '--scope', 'orders-db:read', '--task', 'tsk_1', '--out', file];
  const ran = await runCli([...argv, '--json'], { fetch, environment: agent });
  expect(ran.stdout).not.toContain('the-access-token');
  expect(JSON.parse(ran.stdout)).toMatchObject({ file, task_id: 'tsk_1' });
  expect(readFileSync(file, 'utf8')).toBe('the-access-token\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('lease issue mints for the task and shows every part of the credential once', async () => {
  const { fetch, seen } = answering({ ...OAUTH, 'POST /v1/leases': ISSUED });
  const argv = ['lease', 'issue', '--scope', 'orders-db:read', '--task', 'tsk_1'];
  const ran = await runCli(argv, { fetch, environment: agent });
  expect(ran.code).toBe(0);
  for (const text of ['lse_1', 'cs_o', "it's", 'shop', 'in 15m'])
    expect(ran.stdout).toContain(text);
  expect(ran.stderr).toContain('countersign lease revoke lse_1');
  const last = seen.at(-1);
  expect(last).toMatchObject({
    authorization: 'Bearer the-access-token',
    body: { scope: 'orders-db:read' },
  });
});

test('lease issue --env quotes for a shell; a token file replaces the agent key', async () => {
  const { fetch, seen } = answering({ 'POST /v1/leases': ISSUED });
  const file = fileWith('given-token');
  const argv = ['lease', 'issue', '--scope', 'orders-db:read', '--token-file', file, '--env'];
  const ran = await runCli(argv, { fetch });
  expect(ran.stdout).toContain(`export PGUSER='cs_o'\\''brien'\nexport PGPASSWORD='it'\\''s'\n`);
  expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer given-token']);
});

test('lease revoke waits until the last session is dead, and says after how long', async () => {
  let asked = 0;
  const { fetch } = answering({
    'DELETE /v1/leases/lse_1': { body: { ...LEASE, state: 'revoking' } },
    'GET /v1/leases/lse_1': () => ({
      body: ++asked < 3 ? { ...LEASE, state: 'revoking' } : DEAD,
    }),
  });
  const ran = await runCli(['lease', 'revoke', 'lse_1'], { fetch, environment: operator });
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stdout).toBe('dead   lse_1  orders-db:read, no session left after 38 ms\n');
  expect(asked).toBe(3);
});

test('a lease that is not dead in time is a failure, and the broker keeps trying', async () => {
  const overdue = { ...LEASE, state: 'revoking', overdue_since: DEAD.ended_at, last_error: 'down' };
  const { fetch } = answering({
    'DELETE /v1/leases/lse_1': { body: overdue },
    'GET /v1/leases/lse_1': { body: overdue },
  });
  const argv = ['lease', 'revoke', 'lse_1', '--timeout', '1s'];
  const ran = await runCli(argv, { fetch, environment: operator });
  expect(ran.code).toBe(1);
  expect(ran.stdout).toContain('overdue  lse_1  orders-db:read: down');
  expect(ran.stderr).toContain('countersign lease list --overdue');
});

test('revoke --agent waits for every lease below it and names the stop it left', async () => {
  const page = (items: object[]) => ({ body: { items, next_cursor: null } });
  let revoked = false;
  const { fetch, seen } = answering({
    'GET /v1/leases': () =>
      page(revoked ? [{ ...LEASE, id: 'lse_2', state: 'revoking' }] : [LEASE]),
    'POST /v1/revocations': () => {
      revoked = true;
      const ended = { tokens: 2, leases: 2 };
      return { status: 202, body: { id: 'rev_1', state: 'running', ended, stop_id: 'stp_1' } };
    },
    'GET /v1/leases/lse_1': { body: DEAD },
    'GET /v1/leases/lse_2': { body: { ...DEAD, id: 'lse_2' } },
  });
  const argv = ['revoke', '--agent', 'agt_1', '--reason', 'leak'];
  const ran = await runCli(argv, { fetch, environment: operator });
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('Ended 2 token(s) and 2 lease(s).\ndead   lse_1');
  expect(ran.stdout).toContain('dead   lse_2');
  expect(ran.stderr).toContain('countersign stop lift stp_1');
  const posted = seen.find(({ method }) => method === 'POST');
  expect(posted?.body).toEqual({ agent: 'agt_1', reason: 'leak' });
});

test('revoke ends with 1 while something below it lives on; --no-wait does not look', async () => {
  const overdue = { ...LEASE, state: 'revoking', overdue_since: DEAD.ended_at };
  const ended = { tokens: 0, leases: 1 };
  const { fetch } = answering({
    'GET /v1/leases': { body: { items: [overdue], next_cursor: null } },
    'POST /v1/revocations': { status: 202, body: { id: 'rev_1', state: 'running', ended } },
    'GET /v1/leases/lse_1': { body: overdue },
  });
  const argv = ['revoke', '--task', 'tsk_1', '--reason', 'r'];
  const waited = await runCli([...argv, '--timeout', '1s'], { fetch, environment: operator });
  expect(waited).toMatchObject({ code: 1, stdout: expect.stringContaining('overdue  lse_1') });
  const left = await runCli([...argv, '--no-wait'], { fetch, environment: operator });
  expect(left).toMatchObject({ code: 0, stdout: 'Ended 0 token(s) and 1 lease(s).\n' });
});

test('an agent may be named: lists are filtered by its id', async () => {
  const queries: string[] = [];
  const agent = {
    ...{ id: 'agt_9', name: 'demo', owner: 'd@example.com', teams: [], state: 'active' },
    ...{ managed_by: 'api', keys: [], created_at: LEASE.created_at },
  };
  const table = answering({
    'GET /v1/agents/demo': { body: agent },
    'GET /v1/leases': { body: { items: [], next_cursor: null } },
  });
  const fetch: typeof globalThis.fetch = (input, init) => {
    queries.push(new URL(input instanceof Request ? input.url : input).search);
    return table.fetch(input, init);
  };
  const argv = ['lease', 'list', '--agent', 'demo', '--live'];
  const ran = await runCli(argv, { fetch, environment: operator });
  expect(ran).toMatchObject({ code: 0, stdout: 'No leases.\n' });
  expect(queries).toEqual(['', '?agent=agt_9&live=true&limit=50']);
});
