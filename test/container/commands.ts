import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One command's end; `status` is null where a signal ended it. */
export interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a command to its end; stdout and stderr come back as one text. */
export function tryCommand(command: string, args: readonly string[], env = process.env): Ended {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  return { status, output: stdout + stderr };
}

/** Runs a command that must succeed, and returns its stdout without the last newline. */
export function mustRun(command: string, args: readonly string[], env = process.env): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
  }
  return stdout.replace(/\n$/, '');
}

/** A command that keeps running. */
export interface Running {
  readonly process: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  /** Resolves when it ended. */
  readonly ended: Promise<Ended>;
}

/** Starts a command in the background. */
export function start(command: string, args: readonly string[], env = process.env): Running {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output }));
  });
  return { process: child, output: () => output, ended };
}

/** The processes below this one whose program (argv[0]) ends in `name`. */
export function descendants(root: number, name: string): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    // comm may hold blanks and brackets: the parent's id is the second field after the last ')'.
    const stat = /^\d+$/.test(entry) ? readProc(entry, 'stat') : '';
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const below = (id: number): boolean => {
    const parent = parents.get(id);
    return parent === root || (parent !== undefined && below(parent));
  };
  return [...parents.keys()].filter(
    (id) => below(id) && (readProc(id, 'cmdline').split('\0')[0] ?? '').endsWith(name),
  );
}

/** The real, effective, saved and file-system user id of a process. */
export function userIds(id: number): string[] {
  return /^Uid:\s+(.*)$/m.exec(readProc(id, 'status'))?.[1]?.split(/\s+/) ?? [];
}

function readProc(id: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}
