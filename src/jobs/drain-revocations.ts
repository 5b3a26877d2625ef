import type { Broker } from '../broker/context.ts';
import { revokeCredential } from '../broker/revoke-credential.ts';
import type { Job } from './schedule.ts';

/** Leases revoked at the same time by this process. */
const AT_ONCE = 16;

/** Works off the revocation queue, a bounded number at a time, until nothing is due. */
export function drainRevocationsJob(broker: Broker, everyMs: number): Job {
  return {
    name: 'revoke',
    everyMs,
    run: async () => {
      const busy = new Set<Promise<void>>();
      for (;;) {
        const free = AT_ONCE - busy.size;
        const leases = await broker.queue.claim(free, broker.limits.revokeTimeoutMs * 2);
        for (const lease of leases) {
          const work = revokeCredential(broker, lease).finally(() => busy.delete(work));
          busy.add(work);
        }
        if (busy.size === 0) return;
        // A hanging resource must not hold back the others: go on as soon as any one is done.
        await Promise.race(busy);
      }
    },
  };
}
