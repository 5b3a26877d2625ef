import type { Logger } from 'pino';
import type { Broker } from '../broker/context.ts';
import { drainRevocationsJob } from '../jobs/drain-revocations.ts';
import { refreshSecretsJob } from '../jobs/refresh-secrets.ts';
import { redecideJob } from '../jobs/redecide.ts';
import { createSchedule, type Schedule } from '../jobs/schedule.ts';
import { sweepJob } from '../jobs/sweep.ts';
import { highWaterJob, retentionJob } from '../jobs/upkeep.ts';
import { watchResourcesJob } from '../jobs/watch-resources.ts';
import type { RemoteSecrets } from '../ports/secrets.ts';
import type { Upkeep } from '../ports/upkeep.ts';

const RETENTION_DAYS = 30;

export function createJobs(
  broker: Broker,
  upkeep: Upkeep,
  log: Logger,
  remote?: { readonly secrets: RemoteSecrets; readonly everyMs: number },
): Schedule {
  const jobs = [
    sweepJob(broker, 1_000),
    drainRevocationsJob(broker, 1_000),
    redecideJob(broker, 2_000),
    watchResourcesJob(broker, 2_000, (resource, error) =>
      log.warn({ resource, err: error }, 'watchdog could not look'),
    ),
    highWaterJob(upkeep, 1_000),
    retentionJob(upkeep, 60_000, RETENTION_DAYS),
    ...(remote
      ? [
          refreshSecretsJob(broker, remote.secrets, remote.everyMs, (error) =>
            log.warn({ err: error }, 'secrets in Vault could not be looked at'),
          ),
        ]
      : []),
  ];
  return createSchedule(jobs, broker.clock, (job, error) =>
    log.error({ job, err: error }, 'job failed'),
  );
}
