import { type AcceptedRestore, acceptRestore } from '../broker/accept-restore.ts';
import type { Broker } from '../broker/context.ts';
import { HOST_OPERATOR } from '../broker/operator-token.ts';
import { type RestoreReport, showRestore } from '../broker/show-restore.ts';
import type { Config } from '../platform/config/config.ts';
import { createLogger } from '../platform/logger.ts';
import { compose } from './compose.ts';
import { localStoreUrl } from './local-store.ts';
import { settingsFor } from './settings.ts';

export type { AcceptedRestore, RestoreReport };

/** `countersign restore show`: works only where the store's own credentials are. Changes nothing. */
export function showRestoreHere(
  config: Config = settingsFor('local').config,
): Promise<RestoreReport> {
  return withBroker(config, showRestore);
}

/** `countersign restore accept`, by whoever holds the store's credentials. @throws conflict */
export function acceptRestoreHere(
  reason: string,
  config: Config = settingsFor('local').config,
): Promise<AcceptedRestore> {
  return withBroker(config, (broker) => acceptRestore(broker, { actor: HOST_OPERATOR, reason }));
}

/** A broker that is composed and not started: it serves nothing and runs no job. */
async function withBroker<T>(config: Config, work: (broker: Broker) => Promise<T>): Promise<T> {
  const databaseUrl = await localStoreUrl(config);
  const composed = await compose({ ...config, databaseUrl }, createLogger({ level: 'silent' }));
  try {
    await composed.broker.policy.refresh();
    return await work(composed.broker);
  } finally {
    await composed.dispose();
  }
}
