import type { Logger } from 'pino';
import type { Doors, RequestLog } from '../api/doors.ts';
import type { Broker } from '../broker/context.ts';
import { refuseWhenStale } from '../broker/freshness.ts';
import type { Schedule } from '../jobs/schedule.ts';
import { ALGORITHMS } from '../keys/algorithms.ts';
import { publicJwks } from '../keys/jwks.ts';
import type { Config } from '../platform/config/config.ts';
import type { Metrics } from '../platform/metrics.ts';
import { createAdmission } from './admission.ts';
import { CONSOLE } from './places.ts';
import { readinessOf } from './readiness.ts';
import type { SealedKeys } from './sealed-keys.ts';
import type { VaultParts } from './vault.ts';

/** What the doors need besides the verbs. */
export function doorsOf(made: {
  broker: Broker;
  schedule: Schedule;
  metrics: Metrics;
  keys: SealedKeys;
  config: Config;
  log: Logger;
  vault: VaultParts;
}): Doors {
  const { broker, config } = made;
  return {
    broker,
    readiness: readinessOf(broker, made.schedule, made.keys.problem, made.vault.own?.secrets),
    metrics: made.metrics.scrape,
    jwks: () => {
      // What was removed elsewhere must not be published by whoever did not hear of it.
      refuseWhenStale(broker);
      return publicJwks(made.keys.keyring.published());
    },
    assertionAlgorithms: Object.keys(ALGORITHMS),
    consoleFolder: CONSOLE,
    newRequestId: () => broker.newId('request'),
    admission: createAdmission({ ...config.limits, ...config.http }),
    log: requestLog(made.log),
  };
}

function requestLog(log: Logger): RequestLog {
  return {
    done: (line) => {
      const level = line.status >= 500 ? 'warn' : 'debug';
      if (!log.isLevelEnabled(level)) return;
      log[level]({ ...line, ms: Math.round(line.ms * 10) / 10 }, 'request');
    },
    refused: (requestId, code, reason) => log.warn({ requestId, code, reason }, 'sign-in refused'),
    failed: (requestId, error) => log.error({ requestId, err: error }, 'failed'),
  };
}
