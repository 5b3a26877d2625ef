import type { Upkeep } from '../ports/upkeep.ts';
import type { Job } from './schedule.ts';

/** Keeps the high-water mark of time moving. */
export function highWaterJob(upkeep: Upkeep, everyMs: number): Job {
  return { name: 'high-water', everyMs, run: () => upkeep.raiseHighWater() };
}

/** Lets retired rows go. */
export function retentionJob(upkeep: Upkeep, everyMs: number, retentionDays: number): Job {
  return { name: 'retention', everyMs, run: () => upkeep.removeRetired(retentionDays, 20) };
}
