import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Account } from './account.ts';

/**
 * Runs one of PostgreSQL's programs. It gets a session of its own, so that Ctrl-C reaches it through
 * our shutdown and not past it, and a bare environment: ours may hold secrets.
 */
export function runProgram(
  program: string,
  cwd: string,
  account: Account | undefined,
  args: readonly string[],
  onLine: (line: string) => void,
): ChildProcess {
  const child = spawn(program, args, {
    ...account,
    cwd,
    detached: true,
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.on('error', (error) => onLine(error.message));
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', onLine);
  return child;
}

/** Runs a program to its end; `code` is null when it was killed or never started. */
export async function runToEnd(
  program: string,
  cwd: string,
  account: Account | undefined,
  args: readonly string[],
): Promise<{ code: number | null; output: string[] }> {
  const output: string[] = [];
  const child = runProgram(program, cwd, account, args, (line) => output.push(line));
  const [code] = await once(child, 'close').catch(() => [null]);
  return { code: typeof code === 'number' ? code : null, output };
}
