import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadJob } from './load/process.ts';
import type { LoadResult } from './load/run.ts';
import { start } from './processes.ts';

const PROGRAM = fileURLToPath(new URL('./load/process.js', import.meta.url));

/**
 * Runs one job in a process of its own (it inherits this one's core): signs the warm-up's requests,
 * fires them, signs the measured ones, fires those.
 *
 * @throws when the process fails or not a single request was answered with 200
 */
export async function load(job: LoadJob): Promise<LoadResult> {
  const running = start([process.execPath, PROGRAM], {}, JSON.stringify(job));
  await once(running.child, 'close');
  const output = running.output();
  if (running.child.exitCode !== 0) throw new Error(`the load process failed:\n${output}`);
  const result = JSON.parse(output) as LoadResult;
  if (result.count === 0) {
    throw new Error(
      `no request succeeded: ${JSON.stringify(result.statuses)} ${result.firstRefusal}`,
    );
  }
  return result;
}
