import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatEntry, link } from '../../src/audit/chain.ts';
import { type AuditEntry, formatHead, GENESIS } from '../../src/audit/entry.ts';
import { answering } from './answers.ts';
import { fileWith, folder, operatorFile } from './files.ts';
import { NOON, runCli } from './terminal.ts';

const environment = { operatorTokenFile: operatorFile() };

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let at = 0; at < length; at++) {
    const detail = { note: 'a\u2028b', at };
    const draft = { actor: 'agt_1', action: 'task.opened', subject: `tsk_${at}`, detail } as const;
    entries.push(link(entries.at(-1) ?? GENESIS, draft, NOON + at));
  }
  return entries;
}
const exportOf = (entries: readonly AuditEntry[]) =>
  entries.map((entry) => `${formatEntry(entry)}\n`).join('');
const CHAIN = chain(20);
const HEAD = formatHead(CHAIN.at(-1) ?? GENESIS);

test('verify is offline; without a head it says what it cannot know', async () => {
  const ran = await runCli(['audit', 'verify', fileWith(exportOf(CHAIN))]);
  expect(ran.code).toBe(0);
  expect(ran.stdout).toBe(`OK  20 entries: internally consistent, not anchored\nhead ${HEAD}\n`);
});

test('a last line without a line end is verified too', async () => {
  const text = exportOf(CHAIN).trimEnd();
  const ran = await runCli(['audit', 'verify', fileWith(text), '--head', HEAD]);
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('OK  20 entries') });
});

test('with the head kept outside it is anchored', async () => {
  const argv = ['audit', 'verify', fileWith(exportOf(CHAIN)), '--head', HEAD, '--json'];
  const ran = await runCli(argv);
  expect({ code: ran.code, ...JSON.parse(ran.stdout) }).toMatchObject({ code: 0, anchored: true });
});

test.each([
  ['an edited record', (all: AuditEntry[]) => exportOf(all).replace('"tsk_6"', '"tsk_9"'), 7],
  ['a record removed', (all: AuditEntry[]) => exportOf(all.filter(({ seq }) => seq !== 5)), 5],
  ['a cut tail', (all: AuditEntry[]) => exportOf(all.slice(0, 12)), 13],
  ['no JSON', (all: AuditEntry[]) => `${exportOf(all.slice(0, 3))}nonsense\n`, 4],
])('%s: the first bad record is named, exit code 1', async (_, text, seq) => {
  const argv = ['audit', 'verify', fileWith(text(CHAIN)), '--head', HEAD];
  const { code, stdout } = await runCli(argv);
  expect(code).toBe(1);
  expect(stdout).toContain(`BROKEN  record ${seq}:`);
});

test('without a file it asks the broker for the chain', async () => {
  const { fetch, seen } = answering({ 'GET /v1/audit/export': { body: exportOf(CHAIN) } });
  const ran = await runCli(['audit', 'verify'], { fetch, environment });
  expect({ code: ran.code, asked: seen.length }).toEqual({ code: 0, asked: 1 });
  expect(ran.stdout).toContain(`head ${HEAD}`);
});

test('export writes exactly what came, privately, and prints the head to keep', async () => {
  const file = join(folder(), 'audit.ndjson');
  const { fetch } = answering({ 'GET /v1/audit/export': { body: exportOf(CHAIN) } });
  const ran = await runCli(['audit', 'export', '-o', file], { fetch, environment });
  expect(ran).toMatchObject({ code: 0, stdout: `20 entries in ${file}\nhead ${HEAD}\n` });
  expect(readFileSync(file, 'utf8')).toBe(exportOf(CHAIN));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = await runCli(['audit', 'export', '-o', file], { fetch, environment });
  expect(again.code).toBe(2);
});

test('export to stdout is the export alone; its head goes to stderr', async () => {
  const { fetch } = answering({ 'GET /v1/audit/export': { body: exportOf(CHAIN) } });
  const ran = await runCli(['audit', 'export'], { fetch, environment });
  expect(ran).toEqual({ code: 0, stdout: exportOf(CHAIN), stderr: `head ${HEAD}\n` });
});

test('export of a broken chain still writes it all, and fails', async () => {
  const text = exportOf(CHAIN).replace('"tsk_6"', '"tsk_9"');
  const { fetch } = answering({ 'GET /v1/audit/export': { body: text } });
  const ran = await runCli(['audit', 'export'], { fetch, environment });
  expect(ran).toMatchObject({ code: 1, stdout: text });
  expect(ran.stderr).toContain('broken at record 7');
});

test('tail shows the last entries, oldest first, one line each', async () => {
  const items = CHAIN.slice(-3).toReversed();
  const { fetch } = answering({ 'GET /v1/audit': { body: { items, next_cursor: 'more' } } });
  const ran = await runCli(['audit', 'tail', '-n', '3'], { fetch, environment });
  const lines = ran.stdout.trimEnd().split('\n');
  expect(lines.map((line) => Number(line.slice(0, 6)))).toEqual([18, 19, 20]);
  expect(lines[0]).toContain('task.opened             agt_1 → tsk_17  note=a\\u{2028}b at=17');
  const json = await runCli(['audit', 'tail', '-n', '3', '--json'], { fetch, environment });
  expect(
    json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).seq),
  ).toEqual([18, 19, 20]);
});
