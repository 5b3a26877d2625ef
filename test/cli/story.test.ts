import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCliEnvironment } from '../../src/main/cli-environment.ts';
import { createResourceServerSession } from '../../src/sdk/resource-server-session.ts';
import { Shop } from '../providers/shop.ts';
import { type RunningBroker, startBroker } from './broker.ts';
import { runCli } from './terminal.ts';

let broker: RunningBroker;
let shop: Shop;
/** Environment of an operator, and of an agent. */
let operator: Record<string, string>;
let agent: Record<string, string>;
let agentId: string;
/** The broker's mark on the roles it made. */
let installation: string | undefined;

beforeAll(async () => {
  [broker, shop] = await Promise.all([startBroker(), Shop.open(18)]);
  operator = { COUNTERSIGN_OPERATOR_TOKEN_FILE: join(broker.home, 'op.token') };
});
afterAll(async () => {
  await broker?.remove();
  // What the shop cleans up goes by its installation: the roles there are the broker's.
  if (shop && installation) Object.assign(shop, { installation });
  await shop?.close();
});

const at = (file: string) => join(broker.home, file);
/** In this process, which spares the start of one per line; the environment is read as the program does. */
function commandLine(argv: readonly string[], env: Record<string, string>, stdin = '') {
  const { url: COUNTERSIGN_URL, policies: COUNTERSIGN_POLICIES } = broker;
  const environment = readCliEnvironment({ COUNTERSIGN_URL, COUNTERSIGN_POLICIES, ...env });
  return runCli(argv, { environment, fetch: globalThis.fetch, now: Date.now, stdin });
}
const asOperator = (...argv: string[]) => commandLine(argv, operator);
const asAgent = (...argv: string[]) => commandLine(argv, agent);
/** Runs it with --json, expects success, and reads the document. */
async function json(run: Promise<{ code: number; stdout: string; stderr: string }>) {
  const { code, stdout, stderr } = await run;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

test('an operator token is made on the host, in a private file', async () => {
  const refused = await broker.cli(['agent', 'list']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('countersign operator token --role admin --ttl 15m');
  const file = at('op.token');
  const made = await broker.cli(['operator', 'token', '--role', 'admin', '--out', file]);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('ends in 15m') });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const printed = await broker.cli(['operator', 'token', '--role', 'auditor', '--ttl', '1m']);
  expect(printed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S{20,}\n$/) });
});

test('an agent is registered, and the secret of the resource is set', async () => {
  const argv = ['agent', 'create', '--name', 'demo', '--owner', 'dana@example.com'];
  const key = at('agent-key.json');
  const created = await json(
    asOperator(...argv, '--team', 'support', '--generate-key', key, '--json'),
  );
  expect(created).toMatchObject({ name: 'demo', state: 'active', teams: ['support'] });
  agentId = created.id;
  agent = { COUNTERSIGN_AGENT_ID: agentId, COUNTERSIGN_AGENT_KEY_FILE: key };
  const listed = await asOperator('agent', 'list');
  expect(listed.stdout).toContain(`${agentId}  demo  active  dana@example.com  support`);

  const stdin = `${shop.root().value.reveal()}\n`;
  const set = await commandLine(['secret', 'set', 'shop/admin-url'], operator, stdin);
  expect(set).toEqual({ code: 0, stdout: 'shop/admin-url is set.\n', stderr: '' });
  expect((await asOperator('secret', 'list')).stdout).toMatch(/^shop\/admin-url +1 /m);
  expect((await asOperator('resource', 'list')).stdout).toMatch(
    /^shop +postgres +staging +shop\//m,
  );
  const probed = await asOperator('resource', 'probe', 'shop');
  expect(probed).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^shop: (not )?hardened/),
  });
});

test('the agent continues a task of the operator, logs in, and loses it all with the lease', async () => {
  const open = ['task', 'open', '--agent', 'demo', '--purpose', 'why late?', '--ticket', 'OPS-12'];
  const task = await json(asOperator(...open, '--json'));
  expect(task).toMatchObject({ agent_id: agentId, verified_ticket: 'OPS-12', state: 'open' });
  const token = at('task.token');
  const mint = ['token', 'mint', '--scope', 'shop:read', '--task', task.id, '--out', token];
  expect(await asAgent(...mint)).toMatchObject({ code: 0 });
  const inspected = await asAgent('token', 'inspect', '--token-file', token);
  expect(inspected).toMatchObject({ code: 0, stdout: expect.stringMatching(/^accepted +yes$/m) });
  expect(inspected.stdout).toContain(task.id);

  const issue = ['lease', 'issue', '--scope', 'shop:read', '--token-file', token, '--json'];
  const { lease, credential } = await json(asAgent(...issue));
  installation = /^cs_(\w{8})_/.exec(credential.username)?.[1];
  const client = new pg.Client({ connectionString: credential.url });
  const lost = new Promise((resolve) => client.on('error', resolve));
  await client.connect();
  expect((await client.query('SELECT count(*)::int AS n FROM orders')).rows).toEqual([{ n: 500 }]);
  expect((await asAgent('lease', 'list', '--live')).stdout).toContain(lease.id);
  const renewed = await asAgent('lease', 'renew', lease.id, '--token-file', token);
  expect(renewed).toMatchObject({ code: 0, stdout: expect.stringContaining('now ends in') });

  const revoked = await asOperator('lease', 'revoke', lease.id);
  expect(revoked.stdout).toMatch(/^dead {3}lse_\w+ {2}shop:read, no session left after \d+ ms\n$/);
  expect(revoked.code).toBe(0);
  expect(await lost).toMatchObject({ code: '57P01' });

  const closed = await asOperator('task', 'close', task.id, '--reason', 'done');
  expect(closed).toMatchObject({ code: 0, stdout: expect.stringContaining('is closed') });
  const after = await asAgent('token', 'inspect', '--token-file', token);
  expect(after).toMatchObject({ code: 1, stdout: expect.stringMatching(/^accepted +no: /m) });
});

test('what no rule allows is denied with 3, with what may be asked for instead', async () => {
  const argv = ['token', 'mint', '--scope', 'shop:write', '--purpose', 'change it'];
  const { code, stdout, stderr } = await asAgent(...argv);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(/^denied: .*shop:write/);
  expect(stderr).toContain('next: You may ask for shop:read.');
  const scopes = await asAgent('scope', 'list');
  expect(scopes.stdout).toMatch(/^shop:read +read +staging +10m +Orders$/m);
  expect(scopes.stdout).toMatch(/^shop:write +write +staging +deny +/m);
  const unknown = await asAgent('token', 'mint', '--scope', 'shop:nope', '--purpose', 'x');
  expect(unknown.code).toBe(1);
});

test('one action stops the agent until an operator lifts it', async () => {
  const mint = [
    'token',
    'mint',
    '--scope',
    'shop:read',
    '--purpose',
    'look',
    '--out',
    at('a.token'),
  ];
  expect((await asAgent(...mint)).code).toBe(0);
  const issue = ['lease', 'issue', '--scope', 'shop:read', '--token-file', at('a.token'), '--env'];
  const issued = await asAgent(...issue);
  expect(issued.stdout).toMatch(/^export PGPASSWORD='[^']+'$/m);
  const argv = ['revoke', '--agent', 'demo', '--reason', 'leak', '--json'];
  const { code, stdout } = await asOperator(...argv);
  const revoked = JSON.parse(stdout);
  expect({ code, states: revoked.leases.map(({ state }: { state: string }) => state) }).toEqual({
    ...{ code: 0, states: ['revoked'] },
  });
  expect((await asOperator('stop', 'list')).stdout).toMatch(
    new RegExp(`^${revoked.stop_id} +agent ${agentId} .* stands +leak$`, 'm'),
  );
  expect(await asAgent(...mint)).toMatchObject({ code: 3 });
  expect((await asOperator('agent', 'resume', 'demo', '--reason', 'new key')).code).toBe(0);
  expect((await asAgent(...mint)).code).toBe(0);
  const own = await asAgent('token', 'revoke', '--token-file', at('a.token'));
  expect(own.code).toBe(0);
  expect((await asAgent('token', 'inspect', '--token-file', at('a.token'))).code).toBe(1);
});

test('a policy is compared, applied and explained', async () => {
  const rules = join(broker.policies, 'rules/support.cedar');
  writeFileSync(rules, readFileSync(rules, 'utf8').replace('@ttl("10m")', '@ttl("5m")'));
  const applied = await asOperator('policy', 'apply', '--note', 'shorter');
  expect(applied).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^active {2}version \d+/m),
  });
  const same = await asOperator('policy', 'diff');
  expect(same).toMatchObject({ code: 0, stdout: 'Nothing changes.\n' });
  const explain = ['policy', 'explain', '--agent', 'demo', '--scope'];
  expect((await asOperator(...explain, 'shop:read')).stdout).toMatch(
    /^allow {2}.* → shop:read by support-reads\nterms {2}5m, 2 lease\(s\)\n {2}fits/,
  );
  const denied = await asOperator(...explain, 'shop:write');
  expect(denied).toMatchObject({ code: 0, stdout: expect.stringMatching(/^deny {2}/) });
  writeFileSync(rules, 'permit (principal, action, resource);');
  const refused = await asOperator('policy', 'apply');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^ {2}rules\/support\.cedar:1 {2}/m);
});

test('a resource server introspects through the SDK with the key the CLI made', async () => {
  const argv = ['resource-server', 'create', '--name', 'billing', '--audience'];
  const key = at('rs-key.json');
  const more = ['https://billing.example.com', '--generate-key', key, '--json'];
  const { id } = await json(asOperator(...argv, ...more));
  const privateKey = readFileSync(key, 'utf8');
  const options = { url: broker.url, resourceServerId: id, privateKey };
  const session = createResourceServerSession(options);
  expect(await session.introspect('nonsense')).toEqual({ active: false });
  expect((await asOperator('resource-server', 'list')).stdout).toContain(`${id}  billing`);
});

test('the audit is exported, verified against its head, and read', async () => {
  const file = at('audit.ndjson');
  const exported = await asOperator('audit', 'export', '-o', file);
  const head = /^head (\S+)$/m.exec(exported.stdout)?.[1] ?? '';
  const verified = await broker.cli(['audit', 'verify', file, '--head', head]);
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('kept outside') });
  const live = await broker.cli(['audit', 'verify', '--head', head], { env: operator });
  expect(live.code).toBe(0);
  const tail = await asOperator('audit', 'tail', '--action', 'lease.revoked');
  expect(tail.stdout.trimEnd().split('\n')).toHaveLength(2);
});

test('audit tail -f goes on with what happens meanwhile', async () => {
  const lines = broker.follow(['audit', 'tail', '-f', '-n', '1', '--json'], operator);
  const first = JSON.parse((await lines.next()).value ?? '');
  const opened = await json(asAgent('task', 'open', '--purpose', 'seen', '--json'));
  const seen: { seq: number; action: string; subject: string }[] = [];
  for await (const line of lines) {
    seen.push(JSON.parse(line));
    if (seen.at(-1)?.action === 'task.opened') break;
  }
  expect(seen.at(-1)).toMatchObject({ subject: opened.id });
  expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, at) => first.seq + 1 + at));
});

test('config check and doctor say what is there, and hide every secret', async () => {
  const config = await broker.cli(['config', 'check']);
  expect(config.code).toBe(0);
  expect(config.stdout).toMatch(/^COUNTERSIGN_PORT +\d+ /m);
  const doctor = await broker.cli(['doctor', '--json']);
  const { checks } = JSON.parse(doctor.stdout);
  expect(checks.length).toBeGreaterThan(3);
  expect(config.stdout + doctor.stdout).not.toContain(shop.adminPassword);
});

test('a broker that is not there: exit code 1 and how to start one', async () => {
  const env = { ...operator, COUNTERSIGN_URL: 'http://127.0.0.1:9' };
  const { code, stderr } = await broker.cli(['agent', 'list'], { env });
  expect(code).toBe(1);
  expect(stderr).toContain('Cannot reach http://127.0.0.1:9');
});

test('asked to stop, dev says so, names the head of the audit, and leaves no error behind', async () => {
  const said = await broker.stop();
  expect(said).toMatch(/Stopping …\nAudit head: \d+:[0-9a-f]{64}\n$/);
  expect(said).not.toContain('"level":"error"');
});
