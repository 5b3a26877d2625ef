import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A started server process. */
export interface Running {
  readonly child: ChildProcess;
  /** Everything it wrote so far, both streams, cut to the last 20,000 characters. */
  output(): string;
  /** SIGTERM, then wait for its end; SIGKILL after ten seconds. */
  stop(): Promise<void>;
}

const KEPT = 20_000;
const PATIENCE_MS = 10_000;

/** Starts `command` with exactly this environment; `input` is written to its stdin, which is then closed. */
export function start(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Running {
  const [file, ...args] = command;
  if (file === undefined) throw new Error('nothing to start');
  const child = spawn(file, args, { env: { PATH: SEARCH_PATH, ...env }, stdio: 'pipe' });
  let kept = '';
  const keep = (chunk: Buffer): void => {
    kept = (kept + chunk.toString()).slice(-KEPT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => keep(Buffer.from(`${error.message}\n`)));
  child.stdin.end(input);
  return { child, output: () => kept, stop: () => stop(child) };
}

/** Enough to find `taskset` and `ps`; nothing else of the caller's environment reaches a server. */
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await ended;
  clearTimeout(killer);
}

/**
 * Polls `url` until it answers 200.
 *
 * @throws when the process ends first or `timeoutMs` pass, with what the process said
 */
export async function untilReady(running: Running, url: string, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (running.child.exitCode !== null) {
      throw new Error(`the server ended with ${running.child.exitCode}:\n${running.output()}`);
    }
    const ready = await fetch(url).then(
      (response) => response.arrayBuffer().then(() => response.ok),
      () => false,
    );
    if (ready) return;
    if (performance.now() > deadline) {
      throw new Error(`no 200 from ${url} in time:\n${running.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
