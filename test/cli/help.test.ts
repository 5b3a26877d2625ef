import { expect, test } from 'vitest';
import { runCli } from './terminal.ts';

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  agent: ['create', 'list', 'suspend', 'resume', 'secret'],
  task: ['open', 'close', 'list'],
  token: ['mint', 'inspect', 'revoke'],
  lease: ['issue', 'list', 'renew', 'revoke', 'abandon', 'changes'],
  sandbox: ['refresh', 'list'],
  policy: ['check', 'test', 'diff', 'apply', 'explain'],
  scope: ['list'],
  approval: ['list', 'show', 'open'],
  stop: ['list', 'lift'],
  resource: ['list', 'probe', 'rotate-root'],
  'resource-server': ['create', 'list', 'secret'],
  audit: ['tail', 'verify', 'export'],
  secret: ['set', 'list', 'delete'],
  operator: ['token', 'invite', 'list'],
  key: ['rotate'],
  'master-key': ['rotate'],
  config: ['check'],
  restore: ['show', 'accept'],
  dev: [],
  serve: [],
  migrate: [],
  demo: [],
  doctor: [],
  revoke: [],
};
const LINES = Object.entries(COMMANDS).flatMap(([group, below]) =>
  below.length ? below.map((name) => [group, name]) : [[group]],
);

test.each(LINES)('%s %s --help shows an example and --json', async (...line) => {
  const words = line.filter((word) => word !== undefined);
  const { code, stdout, stderr } = await runCli([...words, '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Usage: countersign ${words.join(' ')}`);
  expect(stdout).toContain('--json');
  expect(stdout).toContain(`  $ countersign ${words.join(' ')}`);
});

test('the help lists exactly the commands there are, within 100 columns', async () => {
  const { stdout } = await runCli(['--help']);
  for (const [group, below] of Object.entries(COMMANDS)) {
    expect(stdout).toContain(`  ${[group, below.join('|')].filter(Boolean).join(' ')} `);
  }
  const listed = stdout.match(/^ {2}[a-z-]+[ |a-z-]* {2,}\S/gm) ?? [];
  expect(listed.length).toBe(Object.keys(COMMANDS).length);
  expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

test.each([
  [['agent', 'create']],
  [['agnet', 'list']],
  [['agent']],
  [['agent', 'list', '--nonsense']],
  [['agent', 'list', 'too', 'many']],
  [['operator', 'token', '--role', 'root']],
  [['operator', 'token', '--role', 'admin', '--ttl', '2 hours']],
  [['lease', 'list', '--limit', '0']],
  [['revoke', '--reason', 'x']],
  [['revoke', '--all', '--agent', 'agt_1', '--reason', 'x']],
  [['audit', 'verify', '--head', '12:zz']],
  [['token', 'mint', '--scope', 'orders-db:read']],
  [['token', 'mint', '--task', 'tsk_1', '--purpose', 'x', '--scope', 'a:b']],
])('%j is a wrong use: exit code 2, and says so on stderr', async (argv) => {
  const { code, stdout, stderr } = await runCli(argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).not.toBe('');
});

test('--version prints the version of the package', async () => {
  const { code, stdout } = await runCli(['--version']);
  expect({ code, stdout: /^\d+\.\d+\.\d+\n$/.test(stdout) }).toEqual({ code: 0, stdout: true });
});
