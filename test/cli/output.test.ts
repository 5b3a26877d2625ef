import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { printable } from '../../src/cli/printable.ts';
import { relativeTime } from '../../src/cli/relative-time.ts';
import { formatFacts, formatTable } from '../../src/cli/table.ts';
import { answering } from './answers.ts';
import { operatorFile } from './files.ts';
import { NOON, runCli } from './terminal.ts';

const AGENT = {
  id: 'agt_01k9zzzzzzzzzzzzzzzzzzzzzz',
  name: 'demo-agent',
  owner: 'dana@example.com',
  teams: ['support'],
  state: 'active',
  managed_by: 'api',
  keys: [{ kid: 'abcdefghijkl', alg: 'ES256' }],
  created_at: '2026-01-05T11:00:00.000Z',
};
const ONE_AGENT = { 'GET /v1/agents': { body: { items: [AGENT], next_cursor: null } } };
const ESCAPE = String.fromCharCode(27);

function plainOutput(columns: number) {
  const stream = { columns } as unknown as NodeJS.WritableStream;
  return createOutput({ stdout: stream, stderr: stream } as never, false);
}

test('text from elsewhere cannot steer the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }),
  );
  expect(printable(`a${ESCAPE}[2Jb\u202ec\nd`)).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{a}d');
  expect(printable('Größe 4711 → ok')).toBe('Größe 4711 → ok');
});

test.each([
  ['2026-01-05T12:14:30.000Z', 'in 14m'],
  ['2026-01-05T12:01:30.000Z', 'in 90s'],
  ['2026-01-05T09:00:00.000Z', '3h ago'],
  ['2026-01-01T09:00:00.000Z', '4d ago'],
  ['2026-01-05T12:00:00.300Z', 'now'],
  ['yesterday', '?'],
])('%s is %s at noon', (iso, text) => {
  expect(relativeTime(iso, NOON)).toBe(text);
});

test('columns are aligned, and flexible ones give way to the screen', () => {
  const rows = [
    { id: 'a', text: 'short' },
    { id: 'longer-id', text: 'x'.repeat(200) },
  ];
  const table = formatTable(plainOutput(60), rows, [
    { title: 'ID', value: ({ id }) => id },
    { title: 'TEXT', value: ({ text }) => text, flexible: true },
  ]);
  const lines = table.split('\n');
  expect(lines[0]?.indexOf('TEXT')).toBe(lines[1]?.indexOf('short'));
  expect(lines[2]).toMatch(/^longer-id {2}x+…$/);
  expect(Math.max(...lines.map((line) => line.length))).toBe(60);
});

test('facts without a value are left out', () => {
  const facts = [
    ['a', '1'],
    ['long-name', undefined],
    ['bb', `2${ESCAPE}`],
  ] as const;
  expect(formatFacts(plainOutput(80), facts)).toBe('a   1\nbb  2\\u{1b}');
});

test('colours go to a terminal only, and never against NO_COLOR', async () => {
  const { fetch } = answering(ONE_AGENT);
  const environment = { operatorTokenFile: operatorFile() };
  const list = (more: object) => runCli(['agent', 'list'], { fetch, environment, ...more });
  expect((await list({})).stdout).not.toContain(ESCAPE);
  expect((await list({ columns: 120 })).stdout).toContain(ESCAPE);
  const plain = await list({ columns: 120, environment: { ...environment, noColor: true } });
  expect(plain.stdout).not.toContain(ESCAPE);
});

test("--json prints the API's own document and nothing beside it", async () => {
  const { fetch, seen } = answering(ONE_AGENT);
  const environment = { operatorTokenFile: operatorFile('the-token') };
  const { stdout, stderr } = await runCli(['agent', 'list', '--json'], { fetch, environment });
  expect(JSON.parse(stdout)).toEqual({ items: [AGENT], next_cursor: null });
  expect(stderr).toBe('');
  expect(seen[0]?.authorization).toBe('Bearer the-token');
});

test('a name that carries an escape sequence is shown, not obeyed', async () => {
  const items = [{ ...AGENT, name: `x${ESCAPE}[31m` }];
  const { fetch } = answering({ 'GET /v1/agents': { body: { items, next_cursor: null } } });
  const environment = { operatorTokenFile: operatorFile() };
  const { stdout } = await runCli(['agent', 'list'], { fetch, environment });
  expect(stdout).toContain('x\\u{1b}[31m');
  expect(stdout).not.toContain(ESCAPE);
});
