import type { Broker } from '../broker/context.ts';
import { revokeCredential } from '../broker/revoke-credential.ts';
import type { Job } from './schedule.ts';

/** Leases revoked at the same time by this process. */
const AT_ONCE = 64;
/** Places that leases of one resource may take: where it hangs, the others go on. */
const OF_ONE_RESOURCE = 16;
/** Claimed in one go. */
const BATCH = 8;
/** A run ends after this, with work still under way: the job is late when it cannot claim, not when a resource hangs. */
const LONGEST_RUN_MS = 3_000;

/** Works off the revocation queue, a bounded number at a time, until nothing is due. */
export function drainRevocationsJob(broker: Broker, everyMs: number): Job {
  const busy = new Map<Promise<void>, string>();

  async function claimMore(): Promise<void> {
    for (;;) {
      const limit = Math.min(BATCH, AT_ONCE - busy.size);
      if (limit <= 0) return;
      const full = crowded([...busy.values()]);
      const leases = await broker.queue.claim(limit, broker.limits.revokeTimeoutMs * 2, full);
      for (const lease of leases) {
        const work = revokeCredential(broker, lease).finally(() => busy.delete(work));
        busy.set(work, lease.resource);
      }
      if (leases.length === 0) return;
    }
  }

  return {
    name: 'revoke',
    everyMs,
    run: async () => {
      let timer: NodeJS.Timeout | undefined;
      const over = new Promise<'over'>((resolve) => {
        timer = setTimeout(() => resolve('over'), LONGEST_RUN_MS);
      });
      try {
        for (;;) {
          await claimMore();
          if (busy.size === 0) return;
          if ((await Promise.race([over, ...busy.keys()])) === 'over') return;
        }
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Resources that have their share. */
function crowded(resources: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of resources) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].flatMap(([name, count]) => (count >= OF_ONE_RESOURCE ? [name] : []));
}
