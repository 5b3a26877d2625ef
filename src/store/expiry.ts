import type { AuditDraft } from '../audit/entry.ts';
import { appendOrReturn } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';

const PAGE = 500;

/**
 * Marks what is past its time: tasks become `expired`, grants end, leases go to `revoking`, and so do
 * reservations that nobody completed. Pages of 500, each in its own transaction.
 *
 * @returns entries the audit could not take
 */
export async function expireDue(pool: Pool, reservedForMs: number): Promise<AuditDraft[]> {
  const unrecorded: AuditDraft[] = [];
  for (const page of [expireTasks, endGrants, endLeases]) {
    let more = true;
    while (more) {
      const result = await transaction(pool, (tx) => page(tx, reservedForMs));
      unrecorded.push(...result.unrecorded);
      more = result.count === PAGE;
    }
  }
  return unrecorded;
}

type Page = { count: number; unrecorded: AuditDraft[] };

async function expireTasks(tx: Tx): Promise<Page> {
  const due = await query(
    tx,
    'select from tasks where ended_at is null and expires_at <= now_at() limit 1',
  );
  if (due.length === 0) return { count: 0, unrecorded: [] };
  await lockGate(tx);
  const rows = await query<{ id: string }>(
    tx,
    `update tasks set state = 'expired', ended_at = now_at(), end_reason = 'expired'
     where id in (select id from tasks where ended_at is null and expires_at <= now_at()
                  limit ${PAGE} for update skip locked) returning id`,
  );
  await announce(
    tx,
    rows.map((row) => ({ kind: 'task', target: row.id })),
  );
  const entries: AuditDraft[] = rows.map((row) => ({
    actor: 'broker',
    action: 'task.expired',
    subject: row.id,
    detail: {},
  }));
  return { count: rows.length, unrecorded: await appendOrReturn(tx, entries) };
}

async function endGrants(tx: Tx): Promise<Page> {
  const rows = await query(
    tx,
    `update grants set ended_at = now_at(), end_reason = 'expired'
     where id in (select id from grants where ended_at is null and expires_at <= now_at()
                  limit ${PAGE} for update skip locked) returning id`,
  );
  // No entry: a grant's end was written into the entry that made it.
  return { count: rows.length, unrecorded: [] };
}

async function endLeases(tx: Tx, reservedForMs: number): Promise<Page> {
  const rows = await query<{ id: string; reason: string }>(
    tx,
    `update leases set state = 'revoking', revoke_accepted_at = now_at(), next_attempt_at = now_at(),
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
  return {
    count: rows.length,
    unrecorded: rows.length === 0 ? [] : await appendOrReturn(tx, entries),
  };
}
