import { setTimeout as sleep } from 'node:timers/promises';
import { reconcileJob } from '../../src/jobs/reconcile.ts';
import { compose } from '../../src/main/compose.ts';
import { masterKeyProblem } from '../../src/keys/master-key.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { ADMIN_SECRET, applyBundle, LEASE_SCOPE, SAMPLE } from '../broker/bundle.ts';
import {
  insertActive,
  installationOf,
  makeLeases,
  makeLogins,
  openStore,
} from '../broker/many-leases.ts';
import { operatorOf } from '../broker/operator.ts';
import { type BrokerHome, prepareBroker, startBroker } from '../broker/start.ts';
import { figure, note } from '../report.ts';
import { FULL } from '../rounds.ts';
import type { Setting } from '../setting.ts';
import { makeShop } from '../shop.ts';

const DATABASE = 'reconcile';
const EVERY_MS = 500;

/**
 * A server with so many logins of ours is compared with the leases, by the job itself with its own
 * pauses: nearly all belong to live leases, one in two hundred to none that is known.
 */
export async function reconcile(setting: Setting): Promise<void> {
  const count = setting.pace === FULL ? 100_000 : 20_000;
  const store = await setting.store();
  const home = await prepareBroker(store, DATABASE, setting.folder(DATABASE), SAMPLE);
  await setUp(setting, home, count);
  const loaded = loadConfig('serve', { masterKeyProblem, env: home.env });
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  const { broker, dispose } = await compose(loaded.config, createLogger({ level: 'silent' }));
  try {
    await broker.policy.refresh();
    const [resource = ''] = LEASE_SCOPE.split(':');
    const job = reconcileJob(broker, EVERY_MS, () => undefined);
    const since = performance.now();
    for (;;) {
      await job.run();
      const done = (await broker.reconciliations.list()).find((one) => one.resource === resource);
      if (done && done.owned === count) {
        const seconds = (performance.now() - since) / 1000;
        note(`  ${done.owned} names, ${done.leftAlone} of them unknown and left alone`);
        figure('reconcile_100k_s', seconds, 's');
        return;
      }
      await sleep(EVERY_MS);
    }
  } finally {
    await dispose();
  }
}

async function setUp(setting: Setting, home: BrokerHome, count: number): Promise<void> {
  const server = await setting.resource();
  const { broker } = await startBroker(setting.cores, home);
  const operator = await operatorOf(home, broker);
  await applyBundle(operator);
  const value = await makeShop(server, DATABASE);
  await operator.call('PUT', `/v1/secrets/${ADMIN_SECRET}`, { value });
  await broker.running.stop();
  const session = await openStore(await setting.store(), DATABASE);
  try {
    const leases = makeLeases(await installationOf(session), count);
    await makeLogins(server.url('postgres'), leases);
    const [resource = ''] = LEASE_SCOPE.split(':');
    await insertActive(session, resource, leases.slice(0, Math.floor(count * 0.995)));
    await session.query('analyze countersign.leases');
  } finally {
    await session.end();
  }
}
