import pg from 'pg';
import { leaseUrl, openLeaseDesk, type TimedLease } from '../broker/leases.ts';
import { figure, note, percentile } from '../report.ts';
import type { Setting } from '../setting.ts';

const WARM_UP = 3;
/** A revocation takes over a second until its second zero, so fewer of them. */
const SHARE = 0.25;

/**
 * One live session a lease, then the lease is revoked: the broker's own measure, from the accepted
 * request to the first count of zero sessions. What the session's owner sees is shown beside it.
 */
export async function revoke(setting: Setting): Promise<void> {
  const count = Math.ceil(setting.pace.samples * SHARE) + WARM_UP;
  const desk = await openLeaseDesk(setting, count);
  const dead: number[] = [];
  const seen: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const { deadMs, seenMs } = await revokeOne(setting, await desk.issue());
    if (index < WARM_UP) continue;
    dead.push(deadMs);
    seen.push(seenMs);
  }
  desk.close();
  note(`  the session's owner saw its end after ${percentile(seen, 0.5).toFixed(1)} ms (p50)`);
  figure('revoke.dead_ms_p50', percentile(dead, 0.5), 'ms');
}

async function revokeOne(
  setting: Setting,
  lease: TimedLease,
): Promise<{ deadMs: number; seenMs: number }> {
  const { operator } = await setting.ours();
  const session = new pg.Client({ connectionString: await leaseUrl(setting, lease) });
  session.on('error', () => undefined);
  await session.connect();
  await session.query('select count(*) from public.orders');
  // Not `once`: it rejects on the error that the killed session reports first.
  const ended = new Promise<number>((resolve) => {
    session.once('end', () => resolve(performance.now()));
  });
  const since = performance.now();
  let answer = await operator.call<{ dead_ms?: number }>('DELETE', `/v1/leases/${lease.id}`);
  const seenMs = (await ended) - since;
  while (answer.dead_ms === undefined) {
    answer = await operator.call('GET', `/v1/leases/${lease.id}`);
  }
  return { deadMs: answer.dead_ms, seenMs };
}
