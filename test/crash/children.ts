import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plan } from './plan.ts';

const SOURCE = fileURLToPath(new URL('./worker.ts', import.meta.url));
const BUILDS = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

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

interface Rolldown {
  rolldown(options: object): Promise<{ write(output: object): Promise<unknown> }>;
}

export async function buildWorker(): Promise<Worker> {
  // The bundler that the test runner brings along.
  const runner = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'));
  const vite = createRequire(runner.resolve('vite/package.json'));
  const bundler = pathToFileURL(vite.resolve('rolldown')).href;
  const { rolldown } = (await import(bundler)) as Rolldown;
  await mkdir(BUILDS, { recursive: true });
  const folder = await mkdtemp(join(BUILDS, 'crash-'));
  const file = join(folder, 'worker.mjs');
  const external = [/^@cedar-policy\//, 'pg-native'];
  const bundle = await rolldown({ input: SOURCE, platform: 'node', external, logLevel: 'silent' });
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: 'worker.mjs',
    chunkFileNames: '[name].mjs',
  });
  return {
    run: (plan) => runOnce(file, plan),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
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
