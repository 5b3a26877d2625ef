import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

export interface FoundRegex {
  readonly source: string;
  readonly flags: string;
  /** Files it stands in. */
  readonly files: readonly string[];
}

/** Every regular expression of a folder of sources, and every place where one is made from a string. */
export async function regexesIn(folder: string) {
  const found = new Map<string, { source: string; flags: string; files: string[] }>();
  const made: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const text = readFileSync(join(folder, name), 'utf8');
    walk(parseSync(name, text).program, (node) => {
      const regex = node['regex'] as { pattern: string; flags: string } | undefined;
      if (node['type'] === 'Literal' && regex) {
        const key = `${regex.pattern}/${regex.flags}`;
        const known = found.get(key) ?? { source: regex.pattern, flags: regex.flags, files: [] };
        known.files.push(name);
        found.set(key, known);
      }
      const callee = node['callee'] as { name?: string } | undefined;
      if (callee?.name === 'RegExp') made.push(name);
    });
  }
  return { regexes: [...found.values()] as FoundRegex[], made };
}

function walk(value: unknown, visit: (node: Record<string, unknown>) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Record<string, unknown>);
  for (const child of Object.values(value)) walk(child, visit);
}

const LENGTH = 200_000;
const CHARACTERS = [...'aA0_-./:@=" \\\n\t!,%+~$#', '\u00e9'];
const PAIRS = ['a.', 'a-', 'a/', 'a ', 'a:', '0.', '0-', '. ', ' \n', 'a0', '--', '\\"', 'aA'];

/** What may make a backtracking matcher try again and again: long runs of what the pattern is made of. */
function attacksOn(source: string): { head: string; pump: string }[] {
  const words = source.match(/(?:\\[./$-]|[A-Za-z0-9 :"'=@,-]){2,}/g) ?? [];
  const plain = words.map((word) => word.replaceAll('\\', ''));
  const heads = ['', ...plain.slice(0, 3)];
  const pumps = new Set([
    ...source.replaceAll(/[^A-Za-z0-9]/g, ''),
    ...CHARACTERS,
    ...PAIRS,
    ...plain,
    ...plain.map((word) => `${word}a`),
  ]);
  return [...pumps].flatMap((pump) => heads.map((head) => ({ head, pump })));
}

const CHILD = `
const { writeSync } = require('node:fs');
let input = '';
process.stdin.on('data', (chunk) => (input += chunk)).on('end', () => {
  const { regexes, length } = JSON.parse(input);
  for (const [index, { source, flags, attacks }] of regexes.entries()) {
    for (const [at, { head, pump }] of attacks.entries()) {
      writeSync(1, index + ' ' + at + '\\n');
      const text = head + pump.repeat(Math.ceil(length / pump.length)) + '\\0';
      const regex = new RegExp(source, flags);
      regex.lastIndex = 0;
      regex.test(text);
    }
  }
  writeSync(1, 'done\\n');
});`;

/** A linear one is done with 200,000 characters in a millisecond; a quadratic one works for half a minute. */
const STUCK_MS = 5_000;

/**
 * Lets a process of its own match each expression against long adversarial texts; it is killed when one
 * gets stuck, and another goes on with the rest.
 * @returns the expressions that got stuck, each with the attack
 */
export async function stuckOf(regexes: readonly Pick<FoundRegex, 'source' | 'flags'>[]) {
  const stuck: { source: string; head: string; pump: string }[] = [];
  let rest = regexes.map(({ source, flags }) => ({ source, flags, attacks: attacksOn(source) }));
  while (rest.length > 0) {
    const last = await lastWord(JSON.stringify({ regexes: rest, length: LENGTH }));
    if (last === 'done') break;
    const [index, at] = last.split(' ').map(Number);
    const found = rest[index ?? 0];
    const attack = found?.attacks[at ?? 0];
    if (last === '' || !found || !attack) throw new Error('the child tried nothing');
    stuck.push({ source: found.source, ...attack });
    rest = rest.slice((index ?? 0) + 1);
  }
  return stuck;
}

async function lastWord(input: string): Promise<string> {
  const child = spawn(process.execPath, ['-e', CHILD], { stdio: ['pipe', 'pipe', 'inherit'] });
  let last = '';
  let timer: NodeJS.Timeout | undefined;
  const watch = (patience = STUCK_MS) => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), patience);
  };
  watch(6 * STUCK_MS);
  child.stdout.on('data', (chunk: Buffer) => {
    last = chunk.toString().trimEnd().split('\n').at(-1) ?? last;
    watch();
  });
  child.stdin.end(input);
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return last;
}
