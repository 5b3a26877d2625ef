import type { AuditDraft } from '../audit/entry.ts';
import { type Narrowed, narrowing } from './audit-append.ts';
import { type Pool, query, type Tx } from './pool.ts';

/** Small, since whoever wants a token meanwhile waits for the entries of a page. */
const PAGE = 100;

/**
 * Marks what is past its time: tasks become `expired`, leases go to `revoking`, and so do
 * reservations that nobody completed. Grants and tokens need no mark: every reader looks at their
 * time. Pages of 100, each in a transaction of its own.
 *
 * @returns entries the audit could not take
 */
export async function expireDue(pool: Pool, reservedForMs: number): Promise<AuditDraft[]> {
  const unrecorded: AuditDraft[] = [];
  for (const page of [expireTasks, endLeases]) {
    let more = true;
    while (more) {
      const done = await narrowing(pool, (tx) => page(tx, reservedForMs));
      unrecorded.push(...done.unrecorded);
      more = done.result === PAGE;
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

async function endLeases(tx: Tx, reservedForMs: number): Promise<Page> {
  const rows = await query<{ id: string; reason: string }>(
    tx,
    `update leases set state = 'revoking', revoke_accepted_at = now_at(),
       next_attempt_at = greatest(next_attempt_at, now_at()),
       end_reason = case when expires_at <= now_at() then 'expired' else 'issue did not complete' end
     where id in (select id from leases where state in ('reserved', 'active')
                  and (expires_at <= now_at()
                       or (state = 'reserved' and created_at <= now_at() - $1 * interval '1 ms'))
                  limit ${PAGE} for update skip locked)
     returning id, end_reason as reason`,
    [reservedForMs],
  );
  const entries: AuditDraft[] = rows.map((row) => ({
    actor: 'broker',
    action: 'lease.revoking',
    subject: row.id,
    detail: { reason: row.reason },
  }));
  return { result: rows.length, entries };
}
