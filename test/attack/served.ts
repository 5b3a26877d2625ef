import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { builtFile } from '../support/built.ts';

type Environment = Readonly<Record<string, string>>;

/** A process of the compiled program, and everything it wrote. */
export interface ServedProcess {
  readonly pid: number;
  /** stdout and stderr so far. */
  output(): string;
  /** Ends it with SIGTERM; resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Runs one command to its end. The environment is exactly this one. */
export async function runProgram(argv: readonly string[], env: Environment, cwd: string) {
  const { child, said } = start(argv, env, cwd);
  const code = await closed(child);
  return { code, output: said() };
}

/** Starts a command that goes on; resolves when it has written what `ready` matches. */
export async function startProgram(
  argv: readonly string[],
  env: Environment,
  options: { cwd: string; ready: RegExp },
): Promise<ServedProcess> {
  const { child, said } = start(argv, env, options.cwd);
  const ended = closed(child);
  await new Promise<void>((resolve, reject) => {
    const look = () => options.ready.test(said()) && resolve();
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    void ended.then((code) => reject(new Error(`ended with ${String(code)}:\n${said()}`)));
  });
  return {
    pid: child.pid ?? 0,
    output: said,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function start(argv: readonly string[], env: Environment, cwd: string) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [builtFile('cli/main.js'), ...argv], {
    cwd,
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const add = (chunk: Buffer) => {
    text += chunk.toString();
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  return { child, said: () => text };
}

function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('close', resolve));
}

/** Command line and environment of a process and of all below it, as others on the machine see them. */
export function visibleTraces(pid: number): { pid: number; cmdline: string; environ: string }[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^[0-9]+$/.test(name) ? tryRead(`/proc/${name}/stat`) : '';
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (parent) parents.set(Number(name), Number(parent));
  }
  const below = (id: number): boolean =>
    id === pid || (parents.has(id) && parents.get(id) !== 0 && below(parents.get(id) ?? 0));
  return [...parents.keys()].filter(below).map((id) => ({
    pid: id,
    cmdline: tryRead(`/proc/${id}/cmdline`),
    environ: tryRead(`/proc/${id}/environ`),
  }));
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
