import type { FeedEvent } from '../ports/feed.ts';
import { query, type Tx } from './pool.ts';

export const FEED_CHANNEL = 'countersign_feed';

const GATE = "hashtext('countersign.gate')";

/**
 * Sent with `begin` by whoever hands something out: many may hold the gate, and what they read after
 * this is current. An advisory lock, because those queue: row locks let one reader after another
 * pass whoever wants to narrow, for as long as there is load.
 */
export const HOLD_GATE = `select pg_advisory_xact_lock_shared(${GATE})`;

/**
 * Whoever changes what mints read takes the gate, alone, before any row: one order for everybody, so
 * that nobody deadlocks.
 */
export async function lockGate(tx: Tx): Promise<void> {
  await query(tx, `select pg_advisory_xact_lock(${GATE})`);
}

/**
 * Numbers the events and announces them, under the gate. Every change that others must see goes
 * through here, so that mints running beside it (which hold the gate too) either see it or commit
 * before it, and so that event numbers follow commit order.
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
