import { applyBundle, SAMPLE, TEAM } from '../broker/bundle.ts';
import { insertLeases } from '../broker/lease-rows.ts';
import { operatorOf, registerAgent } from '../broker/operator.ts';
import { prepareBroker, startBroker } from '../broker/start.ts';
import { figure, median, note } from '../report.ts';
import type { Setting } from '../setting.ts';

const LEASES = 100_000;

/** From the start of the process to the first 200 of `/readyz`, on a store with many live leases. */
export async function warmStart(setting: Setting): Promise<void> {
  const store = await setting.store();
  const home = await prepareBroker(store, 'countersign_full', setting.folder('full'), SAMPLE);
  const first = await startBroker(setting.cores, home);
  const operator = await operatorOf(home, first.broker);
  await applyBundle(operator);
  const { id } = await registerAgent(operator, 'bench-holder', TEAM);
  await first.broker.running.stop();
  await insertLeases(store, home.database, id, LEASES);
  const seconds: number[] = [];
  for (let round = 0; round < setting.pace.rounds; round += 1) {
    const started = await startBroker(setting.cores, home);
    seconds.push(started.seconds);
    await started.broker.running.stop();
  }
  note(`  ${LEASES} active leases: ${seconds.map((value) => value.toFixed(2)).join(', ')} s`);
  figure('warm_start_s', median(seconds), 's');
}
