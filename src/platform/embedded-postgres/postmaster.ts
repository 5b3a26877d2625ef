import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Account, seenBy } from './account.ts';
import { runProgram } from './run.ts';
import { serverFailed } from './start-error.ts';

const STOP_MS = 30_000;

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Resolves when the server has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends sessions, writes a checkpoint, waits until it is gone. */
  stop(): Promise<void>;
}

/** The port was taken between choosing and binding it: choose another. */
export class PortTaken extends Error {}

/** Starts the server on this port and returns once it accepts connections. */
export async function startPostmaster(options: {
  readonly bin: string;
  readonly cluster: string;
  readonly account: Account | undefined;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}): Promise<Postmaster> {
  const { bin, cluster, account, port, settings, log } = options;
  const output: string[] = [];
  let ready: () => void = () => undefined;
  const accepting = new Promise<'ready'>((resolve) => {
    ready = () => resolve('ready');
  });
  const args = ['-D', await seenBy(account, cluster), '-p', String(port), '-h', '127.0.0.1'];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  const child = runProgram(join(bin, 'postgres'), cluster, account, args, (line) => {
    if (output.push(line) > 50) output.shift();
    if (line.includes('ready to accept connections')) ready();
    log(line);
  });
  // 'close' comes after the last line was read; a program that never started has no 'exit'.
  const closed = once(child, 'close').then(
    () => undefined,
    () => undefined,
  );
  if ((await Promise.race([accepting, closed])) !== 'ready') {
    if (output.some((line) => line.includes('could not bind'))) throw new PortTaken();
    throw serverFailed('start', output);
  }
  return {
    pid: child.pid ?? 0,
    port,
    exited: closed,
    stop: () => stopChild(child, closed),
  };
}

async function stopChild(child: ChildProcess, closed: Promise<void>): Promise<void> {
  child.kill('SIGINT');
  const late = setTimeout(() => child.kill('SIGQUIT'), STOP_MS);
  await closed;
  clearTimeout(late);
}
