import { execFileSync } from 'node:child_process';
import { figure, note } from '../report.ts';
import { sandboxGround } from '../sandbox/ground.ts';
import type { Setting } from '../setting.ts';

const MEGABYTES = 1024;

/**
 * A masked refresh of a 1 GB source: how much the broker's resident memory grows while it streams. A small build
 * before it loads what a first one loads.
 */
export async function sandboxRefresh(setting: Setting): Promise<void> {
  const ground = await sandboxGround(setting);
  await ground.fillSource('large', MEGABYTES);
  const pid = String(ground.ours.broker.running.child.pid);
  const megabytes = () => Number(execFileSync('ps', ['-o', 'rss=', '-p', pid]).toString()) / 1024;
  const before = megabytes();
  let most = before;
  const since = performance.now();
  const { bytes, rows } = await ground.build('large', () => {
    most = Math.max(most, megabytes());
  });
  const seconds = (performance.now() - since) / 1000;
  const rate = bytes / 2 ** 20 / seconds;
  note(
    `  ${rows} rows, ${(bytes / 2 ** 20).toFixed(0)} MB in ${seconds.toFixed(0)} s (${rate.toFixed(0)} MB/s); ${before.toFixed(0)} MB before`,
  );
  figure('sandbox_refresh.rss_growth_mb', most - before, 'MB');
}
