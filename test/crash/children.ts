import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { builtFile } from '../support/built.ts';

const WORKER = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** What one child process is to do; see `worker.mjs`. */
export interface Plan {
  readonly config: object;
  readonly limits?: object;
  readonly verb: string;
  readonly input?: object;
  /** Statements that change something at the resource are points, too. */
  readonly statements?: boolean;
  readonly killAt?: string;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the worker once, to its end or its death. The plan goes through stdin: it holds secrets. */
export function runChild(plan: Plan): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WORKER], { stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify({ ...plan, built: builtFile('') }));
  });
}

/** Runs `work` on each item, a few at a time. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
