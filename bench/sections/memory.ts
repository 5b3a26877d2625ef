import { execFileSync } from 'node:child_process';
import { figure } from '../report.ts';
import type { Setting } from '../setting.ts';

/** Resident memory of the broker process after everything before it, as the system counts it. */
export async function memory(setting: Setting): Promise<void> {
  const { broker } = await setting.ours();
  const pid = String(broker.running.child.pid);
  const kilobytes = Number(execFileSync('ps', ['-o', 'rss=', '-p', pid]).toString());
  figure('rss_mb', kilobytes / 1024, 'MB');
}
