import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '../broker/context.ts';
import { journal } from '../broker/record.ts';
import { overdueEntry, revokeCredential } from '../broker/revoke-credential.ts';
import type { ClaimedLease } from '../ports/leases.ts';
import { RevocationPace } from './revocation-pace.ts';
import type { Job } from './schedule.ts';

/** Claimed in one go, so that no statement holds many rows. */
const BATCH = 64;
/** Places that came free are filled together: one look at the queue for all of them. */
const GATHER_MS = 25;
/** A run ends after this, with work still under way: the job is late when it cannot claim, not when a resource hangs. */
const LONGEST_RUN_MS = 3_000;
/** What is the resource's fault, not that of one lease in it. */
const OF_THE_RESOURCE = new Set<string>([
  'provider_unavailable',
  'provider_throttled',
  'provider_misconfigured',
  'secret_unavailable',
]);

/** Works off the revocation queue, a bounded number at a time, until nothing is due. */
export function drainRevocationsJob(broker: Broker, everyMs: number): Job {
  const pace = new RevocationPace(broker.clock);
  let freed = () => undefined as void;

  async function one(lease: ClaimedLease): Promise<void> {
    pace.begin(lease.resource);
    const failure = await revokeCredential(broker, lease);
    const stuck = pace.end(lease.resource, !failure || !OF_THE_RESOURCE.has(failure.code));
    if (failure && stuck) {
      const cause = `waits for ${lease.resource}; ${failure.cause}`;
      await broker.queue
        .overdueAt(lease.resource, cause, (other) => overdueEntry(other, cause))
        .then(({ unrecorded }) => journal(broker, unrecorded))
        .catch(() => undefined);
    }
    freed();
  }

  async function claimMore(): Promise<void> {
    for (;;) {
      const room = pace.room();
      const limit = Math.min(BATCH, room.limit);
      if (limit <= 0) return;
      const claimMs = broker.limits.revokeTimeoutMs * 2;
      const leases = await broker.queue.claim({ ...room, limit }, claimMs);
      for (const lease of leases) void one(lease);
      if (leases.length < limit) return;
    }
  }

  return {
    name: 'revoke',
    everyMs,
    run: async () => {
      const end = broker.clock.monotonic() + LONGEST_RUN_MS;
      for (;;) {
        const free = new Promise<void>((resolve) => {
          freed = resolve;
        });
        await claimMore();
        const left = end - broker.clock.monotonic();
        if (pace.total === 0) return undefined;
        if (left <= 0) return 'again';
        await within(free, left);
        await sleep(GATHER_MS);
      }
    },
  };
}

/** Until it happens, or the time is over. */
async function within(happening: Promise<void>, ms: number): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  await Promise.race([happening, sleep(ms, undefined, { signal }).catch(() => undefined)]);
  stop.abort();
}
