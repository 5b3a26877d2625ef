import type { Logger } from 'pino';
import type { Broker } from '../broker/context.ts';
import { drainRevocationsJob } from '../jobs/drain-revocations.ts';
import { redecideJob } from '../jobs/redecide.ts';
import { createSchedule, type Schedule } from '../jobs/schedule.ts';
import { sweepJob } from '../jobs/sweep.ts';
import { templatesJob } from '../jobs/templates.ts';
import { highWaterJob, retentionJob } from '../jobs/upkeep.ts';
import { watchResourcesJob } from '../jobs/watch-resources.ts';
import type { Upkeep } from '../ports/upkeep.ts';

const RETENTION_DAYS = 30;

export function createJobs(broker: Broker, upkeep: Upkeep, log: Logger): Schedule {
  const jobs = [
    sweepJob(broker, 1_000),
    drainRevocationsJob(broker, 1_000),
    redecideJob(broker, 2_000),
    watchResourcesJob(broker, 2_000, (resource, error) =>
      log.warn({ resource, err: error }, 'watchdog could not look'),
    ),
    templatesJob(broker, 10_000, (error) =>
      log.warn({ err: error }, 'a template could not be dropped'),
    ),
    highWaterJob(upkeep, 1_000),
    retentionJob(upkeep, 60_000, RETENTION_DAYS),
  ];
  return createSchedule(jobs, broker.clock, (job, error) =>
    log.error({ job, err: error }, 'job failed'),
  );
}
