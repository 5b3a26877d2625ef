import { storeUnavailable } from '../domain/errors.ts';
import type { ClaimedLease, Overdue, RevocationQueue } from '../ports/leases.ts';
import type { AuditDraft } from '../audit/entry.ts';
import { appendAudit, narrowing } from './audit-append.ts';
import { createBatcher } from './batcher.ts';
import { CLAIM_DUE } from './claim-due.ts';
import { type Pool, query, type Prepared, transaction } from './pool.ts';
import {
  type Dead,
  type Done,
  finishAll,
  type Late,
  postponeAll,
  recordAllDead,
} from './revocations-done.ts';
import { LEASE_COLUMNS, toLease } from './rows.ts';

const CLAIMED = `${LEASE_COLUMNS}, ms(revoke_accepted_at) as "revokeAcceptedAt"`;
/** Small, since whoever wants a token meanwhile waits for the entries of a batch. */
const BATCH = 16;
const PAGE = 25;

export function createRevocationQueue(pool: Pool): RevocationQueue {
  const full = () => storeUnavailable();
  const shared = { largest: BATCH, full, mayBeOne: () => false };
  // Many end in the same moment: they share a transaction, and one hold on the head of the audit.
  const dead = createBatcher<Dead, void>({ ...shared, run: (all) => recordAllDead(pool, all) });
  const done = createBatcher<Done, { unrecorded: AuditDraft[] }>({
    ...shared,
    run: (all) => finishAll(pool, all),
  });
  const late = createBatcher<Late, { unrecorded: AuditDraft[] }>({
    ...shared,
    run: (all) => postponeAll(pool, all),
  });
  return {
    claim: (room, claimMs) => {
      const [names, rooms] = [[...room.at.keys()], [...room.at.values()]];
      return claim(pool, CLAIM_DUE, [claimMs, room.limit, room.each, names, rooms]);
    },
    claimOne: async (id, claimMs) => (await claim(pool, CLAIM_ONE, [claimMs, id]))[0],
    issueOver: async (id) => {
      await query(
        pool,
        `update leases set next_attempt_at = now_at()
         where id = $1 and state = 'revoking' and attempts = 0`,
        [id],
      );
    },
    recordDead: (id, deadMs) => dead.add(id, { id, deadMs }),
    finish: (id, entry) => done.add(id, { id, entry }),
    postpone: (id, delayMs, cause, entry) => late.add(id, { id, delayMs, cause, entry }),
    overdueAt: (resource, cause, entry) => overdueAt(pool, { resource, cause }, entry),
    overdue: () => overdue(pool),
    abandon: (id, entry) => abandon(pool, id, entry),
  };
}

const CLAIM_ONE = `select id from leases
  where id = $2 and state = 'revoking' and next_attempt_at <= now_at() for update skip locked`;

/** Moves `next_attempt_at` ahead, which is the claim: whoever dies loses it by time. */
async function claim(
  pool: Pool,
  which: string | Prepared,
  values: readonly unknown[],
): Promise<ClaimedLease[]> {
  const select = typeof which === 'string' ? which : which.text;
  const text = `with due as (${select})
    update leases set next_attempt_at = now_at() + $1 * interval '1 ms', attempts = attempts + 1
    where id in (select id from due) returning ${CLAIMED}`;
  const rows = await query(pool, typeof which === 'string' ? text : { ...which, text }, values);
  return rows.map((row) => toLease(row) as ClaimedLease);
}

type Waiting = Parameters<Parameters<RevocationQueue['overdueAt']>[2]>[0];

async function overdueAt(
  pool: Pool,
  { resource, cause }: { resource: string; cause: string },
  entry: (lease: Waiting) => AuditDraft,
): Promise<{ unrecorded: AuditDraft[] }> {
  const unrecorded: AuditDraft[] = [];
  for (let marked = PAGE; marked === PAGE; ) {
    const done = await narrowing(pool, async (tx) => {
      const values = [resource, cause];
      const rows = await query<Waiting & Record<string, unknown>>(tx, MARK_OVERDUE, values);
      return { result: rows.length, entries: rows.map(entry) };
    });
    unrecorded.push(...done.unrecorded);
    marked = done.result;
  }
  return { unrecorded };
}

const MARK_OVERDUE = `update leases set overdue_since = now_at(), last_error = $2
  where id in (select id from leases where state = 'revoking' and resource = $1
               and overdue_since is null and next_attempt_at <= now_at()
               limit ${PAGE} for update skip locked)
  returning id, resource, outside_name as "outsideName"`;

function overdue(pool: Pool): Promise<Overdue[]> {
  return query<Overdue & Record<string, unknown>>(
    pool,
    `select resource, count(*)::int as count, ms(min(overdue_since)) as since,
       (array_agg(last_error order by attempts desc, id))[1] as cause
     from leases where state = 'revoking' and overdue_since is not null
     group by resource order by min(overdue_since), resource`,
  );
}

function abandon(
  pool: Pool,
  id: string,
  entry: AuditDraft,
): ReturnType<RevocationQueue['abandon']> {
  return transaction(pool, async (tx) => {
    const rows = await query(
      tx,
      `update leases set state = 'abandoned', ended_at = now_at(), next_attempt_at = null
       where id = $1 and state = 'revoking' and overdue_since is not null
       returning ${LEASE_COLUMNS}`,
      [id],
    );
    if (!rows[0]) return undefined;
    appendAudit(tx, [entry]);
    return toLease(rows[0]);
  });
}
