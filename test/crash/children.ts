import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../support/bundled.ts';
import type { Plan } from './plan.ts';

const SOURCE = fileURLToPath(new URL('./worker.ts', import.meta.url));

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The worker in one file: a process of the matrix is mostly the loading of its modules. */
export interface Worker {
  /** Runs it once, to its end or its death. The plan goes through stdin: it holds secrets. */
  run(plan: Plan): Promise<ChildEnd>;
  remove(): Promise<void>;
}

export async function buildWorker(): Promise<Worker> {
  const { file, remove } = await bundleProgram(SOURCE);
  return { run: (plan) => runOnce(file, plan), remove };
}

function runOnce(file: string, plan: Plan): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], { stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(plan));
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
