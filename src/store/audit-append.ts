import { link } from '../audit/chain.ts';
import type { AuditDraft, AuditEntry, AuditHead } from '../audit/entry.ts';
import { query, type Tx } from './pool.ts';

/** The head row, locked until the transaction ends, with the database's time. */
export interface LockedHead extends Record<string, unknown> {
  readonly seq: number;
  readonly hash: string;
  readonly now: number;
}

export const LOCK_HEAD =
  'select seq::float8 as seq, hash, ms(clock_timestamp()) as now from audit_head for update';

const APPEND = {
  name: 'append-audit',
  text: `with added as (
     insert into audit_entries (seq, time, actor, action, subject, detail, prev, hash)
     select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
                          $6::json[], $7::text[], $8::text[]))
   update audit_head set seq = $9, hash = $10`,
};

/**
 * Appends to the chain: always the last statements of a transaction, since the lock on the head row
 * makes everybody else wait until it commits. Numbers come from the head, never from a sequence,
 * which would leave gaps.
 *
 * @param locked the head, where the statement before has locked it already
 */
export async function appendAudit(
  tx: Tx,
  drafts: readonly AuditDraft[],
  locked?: LockedHead,
): Promise<AuditHead> {
  const row = locked ?? (await query<LockedHead>(tx, LOCK_HEAD))[0];
  if (!row) throw new Error('the audit has no head row');
  let head: AuditHead = { seq: row.seq, hash: row.hash };
  if (drafts.length === 0) return head;
  const entries: AuditEntry[] = [];
  for (const draft of drafts) {
    const entry = link(head, draft, row.now);
    entries.push(entry);
    head = { seq: entry.seq, hash: entry.hash };
  }
  await query(tx, APPEND, [
    entries.map((e) => e.seq),
    entries.map((e) => e.time),
    entries.map((e) => e.actor),
    entries.map((e) => e.action),
    entries.map((e) => e.subject),
    entries.map((e) => JSON.stringify(e.detail)),
    entries.map((e) => e.prev),
    entries.map((e) => e.hash),
    head.seq,
    head.hash,
  ]);
  return head;
}

/**
 * The append of a narrowing: when the audit cannot take it, the narrowing still commits and the
 * entries come back, to be journaled and appended on recovery (promise 4).
 */
export async function appendOrReturn(tx: Tx, drafts: readonly AuditDraft[]): Promise<AuditDraft[]> {
  await query(tx, 'savepoint audit');
  try {
    // A stuck writer at the head must not hold a stop up.
    await query(tx, "set local lock_timeout = '2s'");
    await appendAudit(tx, drafts);
    await query(tx, 'release savepoint audit');
    return [];
  } catch {
    await query(tx, 'rollback to savepoint audit');
    return [...drafts];
  }
}
