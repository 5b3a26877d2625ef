import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditDraft } from '../audit/entry.ts';
import { type Narrowed, narrowing } from './audit-append.ts';
import { type Pool, query, type Tx } from './pool.ts';

/** Small, since whoever wants a token meanwhile waits for the entries of a page. */
const PAGE = 25;
/** Between two pages it rests twice as long as the last one took, at most this long: others get their turn. */
const LONGEST_REST_MS = 100;

/**
 * Marks what is past its time: tasks become `expired`, leases go to `revoking`, and so do
 * reservations that nobody completed. Grants and tokens need no mark: every reader looks at their
 * time. In pages, each in a transaction of its own.
 *
 * @returns entries the audit could not take
 */
export async function expireDue(pool: Pool, reservedForMs: number): Promise<AuditDraft[]> {
  const unrecorded: AuditDraft[] = [];
  for (const page of [expireTasks, expireLeases, endReservations]) {
    let more = true;
    while (more) {
      const since = performance.now();
      const done = await narrowing(pool, (tx) => page(tx, reservedForMs));
      unrecorded.push(...done.unrecorded);
      more = done.result === PAGE;
      if (more) await sleep(Math.min(LONGEST_REST_MS, 2 * (performance.now() - since)));
    }
  }
  return unrecorded;
}

/** How many there were. */
type Page = Narrowed<number>;

/** Nothing caches a task, so nobody is told: its time was known from the start. */
async function expireTasks(tx: Tx): Promise<Page> {
  const rows = await query<{ id: string }>(
    tx,
    `update tasks set state = 'expired', ended_at = now_at(), end_reason = 'expired'
     where id in (select id from tasks where ended_at is null and expires_at <= now_at()
                  limit ${PAGE} for update skip locked) returning id`,
  );
  if (rows.length === 0) return { result: 0, entries: [] };
  const tasks = rows.map((row) => row.id);
  const entry: AuditDraft = {
    actor: 'broker',
    action: 'task.expired',
    subject: tasks.length === 1 ? (tasks[0] ?? '') : 'tasks',
    detail: { tasks },
  };
  return { result: rows.length, entries: [entry] };
}

/** The oldest first, as their index has them. */
const expireLeases = (tx: Tx): Promise<Page> =>
  endLeases(tx, "state in ('reserved', 'active') and expires_at <= (select now_at())", ['expired']);

const endReservations = (tx: Tx, reservedForMs: number): Promise<Page> =>
  endLeases(tx, "state = 'reserved' and created_at <= (select now_at() - $2 * interval '1 ms')", [
    'issue did not complete',
    reservedForMs,
  ]);

/** @param due says which; it reads the time once, since for each row that would cost more than the rest */
async function endLeases(
  tx: Tx,
  due: string,
  values: readonly [reason: string, ...others: number[]],
): Promise<Page> {
  const rows = await query<{ id: string }>(
    tx,
    `update leases set state = 'revoking', revoke_accepted_at = now_at(),
       next_attempt_at = greatest(next_attempt_at, now_at()), end_reason = $1
     where id in (select id from leases where ${due}
                  order by expires_at limit ${PAGE} for update skip locked)
     returning id`,
    values,
  );
  const [reason] = values;
  const entries: AuditDraft[] = rows.map(({ id }) => ({
    actor: 'broker',
    action: 'lease.revoking',
    subject: id,
    detail: { reason },
  }));
  return { result: rows.length, entries };
}
