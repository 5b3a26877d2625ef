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
const STUCK_MS = 10_000;

/**
 * Lets a process of its own match each expression against long adversarial texts, and kills it when
 * one gets stuck.
 * @returns the expression and the attack it got stuck on; undefined when all came through
 */
export async function firstStuck(regexes: readonly Pick<FoundRegex, 'source' | 'flags'>[]) {
  const work = regexes.map(({ source, flags }) => ({ source, flags, attacks: attacksOn(source) }));
  const child = spawn(process.execPath, ['-e', CHILD], { stdio: ['pipe', 'pipe', 'inherit'] });
  let last = '';
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), STUCK_MS);
  };
  watch();
  child.stdout.on('data', (chunk: Buffer) => {
    last = chunk.toString().trimEnd().split('\n').at(-1) ?? last;
    watch();
  });
  child.stdin.end(JSON.stringify({ regexes: work, length: LENGTH }));
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  if (last === 'done') return undefined;
  const [index = -1, at = -1] = last.split(' ').map(Number);
  const stuck = work[index];
  return { source: stuck?.source ?? 'none was tried', ...stuck?.attacks[at] };
}
