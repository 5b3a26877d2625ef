import type { Logger } from 'pino';
import type { Broker } from '../broker/context.ts';
import { isBrokerError } from '../domain/errors.ts';
import { expireApprovalsJob } from '../jobs/expire-approvals.ts';
import { drainRevocationsJob } from '../jobs/drain-revocations.ts';
import { finishWideningsJob } from '../jobs/finish-widenings.ts';
import { noticesJob } from '../jobs/notices.ts';
import { reconcileJob } from '../jobs/reconcile.ts';
import { refreshSecretsJob } from '../jobs/refresh-secrets.ts';
import { redecideJob } from '../jobs/redecide.ts';
import { operationsJob } from '../jobs/operations.ts';
import { finishRotationsJob, signingKeysJob } from '../jobs/rotations.ts';
import { createSchedule, type Job, type Schedule } from '../jobs/schedule.ts';
import { sweepJob } from '../jobs/sweep.ts';
import { templatesJob } from '../jobs/templates.ts';
import { highWaterJob, retentionJob } from '../jobs/upkeep.ts';
import { watchResourcesJob } from '../jobs/watch-resources.ts';
import { unlessHeld, witnessJob } from '../jobs/witness.ts';
import type { NoticeChannel } from '../ports/notices.ts';
import type { RemoteSecrets } from '../ports/secrets.ts';
import type { Upkeep } from '../ports/upkeep.ts';

const RETENTION_DAYS = 30;

/** What only some installations have. */
interface Others {
  readonly channels: readonly NoticeChannel[];
  readonly remote: { readonly secrets: RemoteSecrets; readonly everyMs: number } | undefined;
}

export function createJobs(
  broker: Broker,
  upkeep: Upkeep,
  reloadKeys: () => Promise<void>,
  log: Logger,
  { channels, remote }: Others,
): Schedule {
  const jobs = [
    ...narrowingJobs(broker, upkeep, log).map((job) => unlessHeld(broker, job)),
    witnessJob(broker, 1_000),
    highWaterJob(upkeep, 1_000),
    signingKeysJob(broker, 10_000, reloadKeys),
    ...(channels.length > 0
      ? [
          noticesJob(broker, channels, 1_000, ({ notice, channel }, cause) =>
            log.warn({ notice: notice.id, channel, cause }, 'a notice was given up'),
          ),
        ]
      : []),
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

/** Ends, removes and compares: not while a restored store waits for an admin. */
function narrowingJobs(broker: Broker, upkeep: Upkeep, log: Logger): Job[] {
  return [
    sweepJob(broker, 1_000),
    drainRevocationsJob(broker, 1_000),
    expireApprovalsJob(broker, 1_000),
    redecideJob(broker, 2_000),
    finishWideningsJob(broker, 1_000),
    watchResourcesJob(broker, 2_000, (resource, error) =>
      log.warn({ resource, err: error }, 'watchdog could not look'),
    ),
    reconcileJob(broker, 500, (resource, error) => {
      // Not set up yet is no alarm: doctor says what is missing.
      const level = isBrokerError(error) && error.code === 'secret_unavailable' ? 'debug' : 'warn';
      log[level]({ resource, err: error }, 'could not compare with the leases');
    }),
    finishRotationsJob(broker, 10_000, (error) =>
      log.warn({ err: error }, 'a root credential could not be rotated to the end yet'),
    ),
    operationsJob(broker, 2_000, (operation, error) =>
      log.warn({ operation, err: error }, 'what became of an operation is not known yet'),
    ),
    templatesJob(broker, 10_000, (error) =>
      log.warn({ err: error }, 'a template could not be dropped'),
    ),
    retentionJob(upkeep, 60_000, RETENTION_DAYS),
  ];
}
