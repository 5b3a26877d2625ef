import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onServerCore } from '../cores.ts';
import type { DiffResult } from '../policy-diff/process.ts';
import { start } from '../processes.ts';
import { figure, median, note } from '../report.ts';
import type { Setting } from '../setting.ts';

const PROGRAM = fileURLToPath(new URL('../policy-diff/process.js', import.meta.url));
const ROUNDS = 3;

/** A change of ten rules with 1,000 agents and 500 scopes, each time in a fresh process on the server's core. */
export async function policyDiff(setting: Setting): Promise<void> {
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const running = start(onServerCore(setting.cores, [process.execPath, PROGRAM]), {});
    await once(running.child, 'close');
    if (running.child.exitCode !== 0) throw new Error(running.output());
    const result = JSON.parse(running.output()) as DiffResult;
    if (result.rules !== 10) throw new Error(`${result.rules} rules differ, not ten`);
    note(`  ${result.rows} rows in ${result.seconds.toFixed(2)} s`);
    seconds.push(result.seconds);
  }
  figure('policy_diff_s', median(seconds), 's');
}
