import type { Broker } from '../broker/context.ts';
import { journal } from '../broker/record.ts';
import type { Job } from './schedule.ts';

/**
 * Says what time says anyway: an approval past its time is expired, and whoever waits hears of it. Also ends what
 * lost its agent, task or resource while nobody was there to say so.
 */
export function expireApprovalsJob(broker: Broker, everyMs: number): Job {
  return {
    name: 'expire-approvals',
    everyMs,
    run: async () => journal(broker, await broker.approvals.expire()),
  };
}
