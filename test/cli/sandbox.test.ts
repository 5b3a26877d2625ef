import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCliEnvironment } from '../../src/main/cli-environment.ts';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import { eventually } from '../providers/shop.ts';
import type { TestAgent, TestBroker } from '../support/broker.ts';
import { builtFile } from '../support/built.ts';
import { sandboxBundle } from '../support/sandbox-bundle.ts';
import { openSandboxScene, type SandboxScene } from '../support/sandbox-scene.ts';
import type { SandboxServer } from '../support/sandbox-server.ts';
import type { ShopDatabase } from '../support/shop.ts';
import { fileWith } from './files.ts';
import { runCli } from './terminal.ts';

let scene: SandboxScene;
let broker: TestBroker;
let shop: ShopDatabase;
let sandboxes: SandboxServer;
let operator: Record<string, string>;
let agent: TestAgent;
let asAgent: Record<string, string>;

beforeAll(async () => {
  scene = await openSandboxScene();
  ({ broker, shop, sandboxes } = scene);
  const role = { role: 'admin', ttlSeconds: 900 } as const;
  const { token } = await issueOperatorToken(broker.composed.broker, role);
  operator = { COUNTERSIGN_OPERATOR_TOKEN_FILE: fileWith(`${token.reveal()}\n`) };
  agent = await broker.agent();
  const key = fileWith(JSON.stringify(agent.privateJwk));
  asAgent = { COUNTERSIGN_AGENT_ID: agent.id, COUNTERSIGN_AGENT_KEY_FILE: key };
  await cli(['secret', 'set', 'shop/admin-url'], operator, shop.adminUrl);
});
afterAll(() => scene.stop());

/** The program as a script would call it, in this process; the environment is read as it does. */
function cli(argv: readonly string[], env = operator, stdin = '') {
  const environment = readCliEnvironment({ COUNTERSIGN_URL: broker.url, ...env });
  return runCli(argv, { environment, fetch: globalThis.fetch, now: Date.now, stdin });
}

async function json(argv: readonly string[], env = operator) {
  const { code, stdout, stderr } = await cli([...argv, '--json'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const REFRESH = ['sandbox', 'refresh', 'sandboxes', 'shop'];

test('before anything was built, the list says so; a refresh says which secret is missing', async () => {
  expect(await cli(['sandbox', 'list', 'sandboxes'])).toEqual({
    code: 0,
    stdout: 'No template of sandboxes was built yet.\n',
    stderr: '',
  });
  const refused = await cli(REFRESH);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^error: .*sandboxes\/admin-url.*\nnext: .*secret set/);
});

test('sandbox refresh builds the next version and says what became of every personal column', async () => {
  await cli(['secret', 'set', 'sandboxes/admin-url'], operator, sandboxes.adminUrl);
  const built = await cli(REFRESH);
  expect(built).toMatchObject({ code: 0, stderr: '' });
  expect(built.stdout).toMatch(
    /^ready {2}shop version 1 of sandboxes: 2 tables, 550 rows, [\d.]+ MB\nmasked:\n {2}fake {2}public\.customers\.email\n$/,
  );
  const second = await json(REFRESH);
  expect(second).toMatchObject({ version: 2, state: 'ready', report: { rows: 550, skipped: [] } });
  // Without a name, every template of the resource: a list.
  expect(await json(REFRESH.slice(0, 3))).toMatchObject([{ version: 3, state: 'ready' }]);
});

test('sandbox list shows the versions, newest first', async () => {
  const { code, stdout } = await cli(['sandbox', 'list', 'sandboxes']);
  expect(code).toBe(0);
  const [head, ...lines] = stdout.trimEnd().split('\n');
  expect(head).toMatch(/^TEMPLATE +VERSION +STATE +SOURCE +SIZE +ROWS +MADE$/);
  expect(lines[0]).toMatch(/^shop +3 +ready +shop +[\d.]+ MB +550 +/);
  const { items } = await json(['sandbox', 'list', 'sandboxes']);
  expect(items.map(({ version }: { version: number }) => version)).toEqual([3, 2, 1]);
});

test('a build that fails is exit code 1, with the reason and what to write instead', async () => {
  await broker.apply(sandboxBundle({ masking: '{ id: keep }' }));
  const failed = await cli(REFRESH);
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(
    /^failed {2}shop version 4 of sandboxes: .*email is NOT NULL.*give it hash, fake or keep/,
  );
  await broker.apply(sandboxBundle());
  expect((await cli(REFRESH)).code).toBe(0);
});

test.each([
  [['sandbox', 'refresh', 'nowhere'], /nowhere\.\nnext: countersign resource list\n$/],
  [['sandbox', 'refresh', 'shop'], /^error: shop has no templates\.\nnext: .+/],
  [['sandbox', 'refresh', 'sandboxes', 'nope'], /^error: .*[Tt]emplate.*\nnext: .+/],
  [['sandbox', 'list', 'nowhere'], /^error: .*\nnext: .+/],
])('%j is refused with the next step', async (argv, words) => {
  const { code, stdout, stderr } = await cli(argv);
  expect({ code, stdout }).toEqual({ code: expect.any(Number), stdout: '' });
  expect(code).toBeGreaterThan(0);
  expect(stderr).toMatch(words);
});

test('lease changes shows what the agent did, to the agent and to an operator', async () => {
  const issue = ['lease', 'issue', '--scope', 'sandboxes:try', '--purpose', 'try a migration'];
  const { lease, credential } = await json(issue, asAgent);
  const argv = ['lease', 'changes', lease.id];
  expect((await cli(argv)).stdout).toBe(`${lease.id} against shop version 5: no changes.\n`);

  const client = new pg.Client({ connectionString: credential.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`ALTER TABLE orders ADD COLUMN why text; UPDATE orders SET total = 7 WHERE id = 1;
    DELETE FROM orders WHERE id > 400; INSERT INTO customers VALUES (51, E'a\\u001b[2Jb', 'DE')`);
  const { code, stdout } = await cli(argv);
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toBe(`${lease.id} against shop version 5`);
  expect(lines).toContain('  + column public.orders.why  text');
  expect(lines).toContain('public.customers  1 inserted');
  expect(lines).toContain('public.orders  1 updated, 100 deleted');
  expect(lines).toContain('  ~ id=1  total: 1 → 7');
  expect(stdout).toMatch(/… and 51 more rows/);
  // What an agent wrote can't move the cursor of who reads it.
  expect(stdout).not.toContain('\u001b');

  const whole = await json(argv);
  expect(whole.tables).toMatchObject([
    { table: 'public.customers', inserted: 1 },
    { table: 'public.orders', updated: 1, deleted: 100, rows_cut: 51 },
  ]);
  const token = ['token', 'mint', '--scope', 'sandboxes:try', '--task', lease.task_id];
  const file = fileWith((await cli(token, asAgent)).stdout);
  expect(await json([...argv, '--token-file', file], {})).toEqual(whole);

  await cli(['lease', 'revoke', lease.id]);
  const over = await cli(argv);
  expect(over).toMatchObject({ code: 1, stdout: '' });
  expect(over.stderr).toMatch(/^error: This lease has ended\.\nnext: Ask for a new lease\.\n$/);
  const document = JSON.parse((await cli([...argv, '--json'])).stderr);
  expect(document.error).toMatchObject({ code: 'lease_ended', next: expect.any(String) });
  const inner = broker.composed.broker.installation;
  await eventually(async () => !(await sandboxes.leftovers(inner)).includes(credential.username));
});

test('the program itself says the same, in a process of its own', async () => {
  const argv = ['sandbox', 'list', 'sandboxes', '--json'];
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [builtFile('cli/main.js'), ...argv], {
    env: { PATH, COUNTERSIGN_URL: broker.url, ...operator },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(await json(argv.slice(0, -1)));
});
