import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { diffBundles } from '../../src/policy/diff.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { answering, type SeenRequest } from './answers.ts';
import { folder, operatorFile } from './files.ts';
import { runCli } from './terminal.ts';

const SAMPLE = fileURLToPath(new URL('../../policies', import.meta.url));
const RULES = 'rules/production.cedar';

/** The sample bundle with one file edited. */
function edited(path: string, edit: (text: string) => string): string {
  const copy = join(folder(), 'policies');
  cpSync(SAMPLE, copy, { recursive: true });
  const file = join(copy, path);
  const before = readFileSync(file, 'utf8');
  const after = edit(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
  return copy;
}

test('the sample bundle passes check and test, without a broker', async () => {
  const checked = await runCli(['policy', 'check'], { environment: { policies: SAMPLE } });
  expect(checked).toMatchObject({ code: 0, stderr: '' });
  expect(checked.stdout).toMatch(/^OK {2}.*policies: 3 resources, .* tests passed$/m);
  const tested = await runCli(['policy', 'test', SAMPLE, '--json']);
  expect({ code: tested.code, ...JSON.parse(tested.stdout) }).toMatchObject({ code: 0, failed: 0 });
});

test('a bundle with problems: each with file and line, exit code 1', async () => {
  const broken = edited(RULES, (text) => text.replace('@ttl("15m")', '@ttl("15 minutes")'));
  const { code, stdout, stderr } = await runCli(['policy', 'check', broken]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^ {2}rules\/production\.cedar:\d+ {2}@ttl wants/m);
});

test('a scope its provider cannot issue is refused by check', async () => {
  const broken = edited('resources/orders-db.yaml', (text) =>
    text.replace('[SELECT]', '[TRUNCATE]'),
  );
  const { code, stderr } = await runCli(['policy', 'check', broken]);
  expect(code).toBe(1);
  expect(stderr).toContain('resources/orders-db.yaml:');
});

test('a failing case: what was expected, what came, where it stands', async () => {
  const broken = edited(RULES, (text) => text.replace('@ttl("15m")', '@ttl("5m")'));
  const { code, stdout } = await runCli(['policy', 'test', broken, '--failed']);
  expect(code).toBe(1);
  expect(stdout).toContain('FAIL  support reads production for a verified ticket  tests/');
  expect(stdout).toContain('      expected ttl 15m, got 5m');
  expect(stdout).not.toContain('ok  ');
});

test('diff --against shows who gains, loses and gets other terms', async () => {
  const other = edited(RULES, (text) =>
    text.replace('@ttl("10m")', '@ttl("1m")').replace('Team::"support"', 'Team::"nobody"'),
  );
  const { code, stdout } = await runCli(['policy', 'diff', other, '--against', SAMPLE]);
  expect(code).toBe(0);
  const scopes = 'orders-db:correct, orders-db:read +read';
  expect(stdout).toMatch(
    new RegExp(`^- lost +team support +${scopes} +a verified ticket +allow, 15m +deny$`, 'm'),
  );
  expect(stdout).toMatch(
    new RegExp(`^~ shorter +team platform +${scopes} +always +allow, 10m +allow, 1m$`, 'm'),
  );
  const same = await runCli(['policy', 'diff', SAMPLE, '--against', SAMPLE]);
  expect(same.stdout).toBe('Nothing changes.\n');
});

test('diff --markdown is for a pull request: a table, what widens, and nothing that could format', async () => {
  const other = edited(RULES, (text) => text.replace('@ttl("10m")', '@ttl("1h")'));
  const argv = ['policy', 'diff', other, '--against', SAMPLE, '--markdown'];
  const { code, stdout } = await runCli(argv);
  expect(code).toBe(0);
  expect(stdout).toContain('**Widens a protected environment** in 1 way');
  expect(stdout).toContain(
    '| ✏️ longer (protected) | `team platform` | `orders-db:correct, orders-db:read` | read | always | `allow, 10m` | `allow, 15m` |',
  );
  expect(stdout).toContain('- rules: changed `platform-reads-production`');
  expect(stdout).toMatch(/^Digest: `[0-9a-f]{64}`$/m);
  const noted = edited(RULES, (text) =>
    text.replace('@ttl("10m")', '@ttl("1m") @budget("`|` <b>@dana</b>")'),
  );
  const hostile = await runCli(['policy', 'diff', noted, '--against', SAMPLE, '--markdown']);
  expect(hostile.stdout).toContain('`` allow, 1m, budget `\\|` <b>@dana</b> ``');
});

test('what widens is stored and waits: exit code 4, and where it is approved', async () => {
  const { fetch } = answering({
    'POST /v1/policy/bundles/7/activate': {
      status: 202,
      body: {
        state: 'pending',
        approval_id: 'apr_1',
        approval_uri: 'http://localhost:7300/console/approvals/apr_1',
        expires_at: '2026-01-05T12:00:00.000Z',
        widens: ['team support: shop:read (read): gained: deny → allow, 10m'],
      },
    },
  });
  const environment = { operatorTokenFile: operatorFile() };
  const { code, stdout } = await runCli(['policy', 'apply', '--stored', '7'], {
    fetch,
    environment,
  });
  expect(code).toBe(4);
  expect(stdout).toContain('team support: shop:read (read): gained: deny → allow, 10m');
  expect(stdout).toContain('http://localhost:7300/console/approvals/apr_1');
});

test('apply sends every file, stores, then activates', async () => {
  const { fetch, seen } = answering({
    'POST /v1/policy/bundles': {
      status: 201,
      body: {
        version: 7,
        digest: 'd',
        diff: diffBundles(loadBundle({}), loadBundle({})),
        tests: { passed: 12, failed: 0 },
        warnings: ['look'],
      },
    },
    'POST /v1/policy/bundles/7/activate': { body: { version: 7, previous: 6 } },
  });
  const environment = { operatorTokenFile: operatorFile() };
  const argv = ['policy', 'apply', SAMPLE, '--note', 'n'];
  const { code, stdout } = await runCli(argv, { fetch, environment });
  expect(code).toBe(0);
  expect(stdout).toContain('warning  look\n');
  expect(stdout).toContain('active  version 7');
  const [stored] = seen;
  const { files, note } = (stored as SeenRequest).body as {
    files: Record<string, string>;
    note: string;
  };
  expect(note).toBe('n');
  expect(files[RULES]).toBe(readFileSync(join(SAMPLE, RULES), 'utf8'));
  expect(seen.map(({ path }) => path)).toEqual([
    '/v1/policy/bundles',
    '/v1/policy/bundles/7/activate',
  ]);
});

test('a directory that is not there is a wrong use', async () => {
  const { code, stderr } = await runCli(['policy', 'check', '/no/such/place']);
  expect({ code, said: stderr.includes('There is no directory') }).toEqual({ code: 2, said: true });
});
