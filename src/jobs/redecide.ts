import type { Broker } from '../broker/context.ts';
import { redecideGrants } from '../broker/redecide-grants.ts';
import type { Job } from './schedule.ts';

/** After an activation, live grants are decided again; also picks up what a crash left. */
export function redecideJob(broker: Broker, everyMs: number): Job {
  return {
    name: 'redecide',
    everyMs,
    run: async () => {
      await broker.policy.refresh();
      if (broker.policy.version() !== undefined) await redecideGrants(broker);
    },
  };
}
