import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../contract/schemas/tasks.ts';
import type { Client } from '../sdk/client.ts';
import type { Report } from './progress.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** Asked at once; a broker has other callers. */
const AT_ONCE = 8;

/**
 * Asks until every lease is revoked or the time is over.
 * @returns the leases as last seen, in the order of `ids`
 */
export async function waitUntilDead(
  client: Client,
  ids: readonly string[],
  timeoutMs: number,
  report: Report,
): Promise<Lease[]> {
  const seen = new Map<string, Lease>();
  const deadline = performance.now() + timeoutMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const open = ids.filter((id) => !isOver(seen.get(id)));
    for (let at = 0; at < open.length; at += AT_ONCE) {
      const batch = open.slice(at, at + AT_ONCE);
      const leases = await Promise.all(
        batch.map((id) => client.call('getLease', { params: { id } })),
      );
      for (const lease of leases) seen.set(lease.id, lease);
    }
    const left = ids.filter((id) => !isOver(seen.get(id))).length;
    if (left === 0 || performance.now() + pause > deadline) break;
    report(`waiting for ${left} of ${ids.length} lease(s) to be dead`);
    await sleep(pause);
  }
  return ids.flatMap((id) => seen.get(id) ?? []);
}

function isOver(lease: Lease | undefined): boolean {
  return lease?.state === 'revoked' || lease?.state === 'abandoned';
}
