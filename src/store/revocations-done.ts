import type { AuditDraft } from '../audit/entry.ts';
import { narrowing } from './audit-append.ts';
import { type Pool, query } from './pool.ts';

export interface Dead {
  readonly id: string;
  readonly deadMs: number;
}

export interface Done {
  readonly id: string;
  /** Its proof. */
  readonly entry: AuditDraft;
}

/** First zeros of several leases. */
export async function recordAllDead(pool: Pool, items: readonly Dead[]): Promise<void[]> {
  await query(
    pool,
    `update leases set dead_ms = coalesce(dead_ms, d.ms)
     from unnest($1::text[], $2::float8[]) as d(id, ms) where leases.id = d.id`,
    [items.map(({ id }) => id), items.map(({ deadMs }) => deadMs)],
  );
  return items.map(() => undefined);
}

/** Ends several leases with their proofs; an entry that the audit could not take comes back. */
export async function finishAll(
  pool: Pool,
  items: readonly Done[],
): Promise<{ unrecorded: AuditDraft[] }[]> {
  const { unrecorded } = await narrowing(pool, async (tx) => {
    const rows = await query<{ id: string }>(
      tx,
      `update leases set state = 'revoked', ended_at = now_at(), next_attempt_at = null,
         overdue_since = null, last_error = null
       where id = any ($1) and state = 'revoking' returning id`,
      [items.map(({ id }) => id)],
    );
    const ended = new Set(rows.map(({ id }) => id));
    const entries = items.flatMap(({ id, entry }) => (ended.has(id) ? [entry] : []));
    return { result: undefined, entries };
  });
  return items.map(({ entry }) => ({ unrecorded: unrecorded.includes(entry) ? [entry] : [] }));
}
