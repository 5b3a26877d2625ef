import type { AuditDraft } from '../audit/entry.ts';
import type { ClaimedLease, RevocationQueue } from '../ports/leases.ts';
import { appendOrReturn } from './audit-append.ts';
import { OUTWAIT, type Pool, query, type Tx, transaction } from './pool.ts';
import { LEASE_COLUMNS, toLease } from './rows.ts';

const CLAIMED = `${LEASE_COLUMNS}, ms(revoke_accepted_at) as "revokeAcceptedAt"`;

export function createRevocationQueue(pool: Pool): RevocationQueue {
  return {
    claim: (limit, claimMs, except) =>
      claim(
        pool,
        `state = 'revoking' and next_attempt_at <= now_at() and resource <> all ($3)
         order by next_attempt_at limit $2`,
        [claimMs, limit, except],
      ),
    claimOne: async (id, claimMs) =>
      (
        await claim(pool, `id = $2 and state = 'revoking' and next_attempt_at <= now_at()`, [
          claimMs,
          id,
        ])
      )[0],
    issueOver: async (id) => {
      await query(
        pool,
        `update leases set next_attempt_at = now_at()
         where id = $1 and state = 'revoking' and attempts = 0`,
        [id],
      );
    },
    recordDead: async (id, deadMs) => {
      await query(pool, 'update leases set dead_ms = coalesce(dead_ms, $2) where id = $1', [
        id,
        deadMs,
      ]);
    },
    finish: (id, entry) => transaction(pool, (tx) => finish(tx, id, entry), OUTWAIT),
    postpone: (id, delayMs, cause, entry) =>
      transaction(pool, (tx) => postpone(tx, { id, delayMs, cause }, entry), OUTWAIT),
    nextDue: async () => {
      const rows = await query<{ due: number | null }>(
        pool,
        `select greatest(0, ms(min(next_attempt_at)) - ms(now_at())) as due
         from leases where state = 'revoking'`,
      );
      return rows[0]?.due ?? undefined;
    },
  };
}

async function finish(
  tx: Tx,
  id: string,
  entry: AuditDraft,
): Promise<{ unrecorded: AuditDraft[] }> {
  const rows = await query(
    tx,
    `update leases set state = 'revoked', ended_at = now_at(), next_attempt_at = null,
       overdue_since = null, last_error = null
     where id = $1 and state = 'revoking' returning id`,
    [id],
  );
  return { unrecorded: rows.length === 0 ? [] : await appendOrReturn(tx, [entry]) };
}

async function postpone(
  tx: Tx,
  late: { id: string; delayMs: number; cause: string },
  entry: AuditDraft,
): Promise<{ unrecorded: AuditDraft[] }> {
  const [row] = await query<{ first: boolean }>(
    tx,
    `with before as (select id, overdue_since from leases
                     where id = $1 and state = 'revoking' for update)
     update leases l set next_attempt_at = now_at() + $2 * interval '1 ms', last_error = $3,
       overdue_since = coalesce(l.overdue_since, now_at())
     from before where l.id = before.id returning before.overdue_since is null as first`,
    [late.id, late.delayMs, late.cause],
  );
  return { unrecorded: row?.first ? await appendOrReturn(tx, [entry]) : [] };
}

/** Moves `next_attempt_at` ahead, which is the claim: whoever dies loses it by time. */
async function claim(
  pool: Pool,
  which: string,
  values: readonly unknown[],
): Promise<ClaimedLease[]> {
  const rows = await query(
    pool,
    `update leases set next_attempt_at = now_at() + $1 * interval '1 ms', attempts = attempts + 1
     where id in (select id from leases where ${which} for update skip locked)
     returning ${CLAIMED}`,
    values,
  );
  return rows.map((row) => toLease(row) as ClaimedLease);
}
