import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onServerCore } from '../cores.ts';
import type { DecideResult } from '../decide/process.ts';
import { start } from '../processes.ts';
import { figure } from '../report.ts';
import type { Setting } from '../setting.ts';

const PROGRAM = fileURLToPath(new URL('../decide/process.js', import.meta.url));

/** What a decision costs, in a process of its own on the server's core, decision cache off. */
export async function decide(setting: Setting): Promise<void> {
  const running = start(onServerCore(setting.cores, [process.execPath, PROGRAM]), {});
  await once(running.child, 'close');
  if (running.child.exitCode !== 0) throw new Error(running.output());
  const { warm, cold, cached } = JSON.parse(running.output()) as DecideResult;
  for (const [rules, microseconds] of Object.entries(warm)) {
    figure(`decide.p50_us.${rules}`, microseconds, 'us');
  }
  figure('decide.cold_us', cold, 'us');
  figure('decide.cached_us', cached, 'us');
}
