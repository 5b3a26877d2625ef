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

export interface Late {
  readonly id: string;
  readonly delayMs: number;
  /** Shown with the overdue lease. */
  readonly cause: string;
  /** That it has become overdue; written when it was not before. */
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
  return each(items, unrecorded);
}

const POSTPONE = `with late as (
    select * from unnest($1::text[], $2::float8[], $3::text[]) as n(id, delay, cause)),
  before as (select id, overdue_since from leases
             where id = any ($1) and state = 'revoking' for update)
  update leases l set next_attempt_at = now_at() + late.delay * interval '1 ms',
    last_error = late.cause, overdue_since = coalesce(l.overdue_since, now_at())
  from before join late using (id) where l.id = before.id
  returning l.id, before.overdue_since is null as first`;

/** Puts several leases off; an entry that the audit could not take comes back. */
export async function postponeAll(
  pool: Pool,
  items: readonly Late[],
): Promise<{ unrecorded: AuditDraft[] }[]> {
  const { unrecorded } = await narrowing(pool, async (tx) => {
    const rows = await query<{ id: string; first: boolean }>(tx, POSTPONE, [
      items.map(({ id }) => id),
      items.map(({ delayMs }) => delayMs),
      items.map(({ cause }) => cause),
    ]);
    const first = new Set(rows.flatMap((row) => (row.first ? [row.id] : [])));
    const entries = items.flatMap(({ id, entry }) => (first.delete(id) ? [entry] : []));
    return { result: undefined, entries };
  });
  return each(items, unrecorded);
}

function each(
  items: readonly { readonly entry: AuditDraft }[],
  unrecorded: readonly AuditDraft[],
): { unrecorded: AuditDraft[] }[] {
  return items.map(({ entry }) => ({ unrecorded: unrecorded.includes(entry) ? [entry] : [] }));
}
