import type { FeedEvent } from '../ports/feed.ts';
import { query, type Tx } from './pool.ts';

export const FEED_CHANNEL = 'countersign_feed';

/**
 * Whoever changes what mints read takes the gate before any other row: one order for everybody, so
 * that nobody deadlocks.
 */
export async function lockGate(tx: Tx): Promise<void> {
  await query(tx, 'select epoch from gate for update');
}

/**
 * Locks the gate, numbers the event and announces it. Every change that others must see goes
 * through here, so that mints running beside it (which hold the gate FOR SHARE) either see it or
 * commit before it, and so that event numbers follow commit order.
 */
export async function announce(
  tx: Tx,
  events: readonly Pick<FeedEvent, 'kind' | 'target'>[],
): Promise<void> {
  await query(
    tx,
    `with opened as (update gate set epoch = epoch + $3 returning epoch),
          added as (
            insert into feed (epoch, kind, target)
            select opened.epoch - $3 + e.n, e.kind, e.target
            from opened, unnest($1::text[], $2::text[]) with ordinality as e(kind, target, n)
            returning epoch)
     select pg_notify('${FEED_CHANNEL}', max(epoch)::text) from added`,
    [events.map((e) => e.kind), events.map((e) => e.target), events.length],
  );
}
