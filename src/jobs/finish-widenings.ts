import type { Broker } from '../broker/context.ts';
import { finishWidenings } from '../broker/finish-widenings.ts';
import type { Job } from './schedule.ts';

/** Changes that were approved are made soon after, whether or not their author is still there. */
export function finishWideningsJob(broker: Broker, everyMs: number): Job {
  return {
    name: 'finish widenings',
    everyMs,
    run: async () => {
      await finishWidenings(broker);
    },
  };
}
