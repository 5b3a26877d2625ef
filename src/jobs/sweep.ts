import type { Broker } from '../broker/context.ts';
import { journal, recoverJournal } from '../broker/record.ts';
import { cascade } from '../broker/revoke.ts';
import type { Job } from './schedule.ts';

/**
 * The sweeper: what is past its time ends, what a crash left half-ended is ended, and entries that
 * had to wait in the journal are appended.
 */
export function sweepJob(broker: Broker, everyMs: number): Job {
  return {
    name: 'sweep',
    everyMs,
    run: async () => {
      journal(broker, await broker.endings.expire(broker.limits.issueTimeoutMs * 2));
      for (const target of await broker.endings.unfinished()) {
        await cascade(broker, { target, reason: 'ended with its root', actor: 'broker' });
      }
      await recoverJournal(broker);
    },
  };
}
