import type { AuditDraft } from '../audit/entry.ts';
import type { Known, Reconciliation, Reconciliations } from '../ports/reconciliations.ts';
import { appendAudit } from './audit-append.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';

export function createReconciliations(pool: Pool): Reconciliations {
  return {
    known: (names) => known(pool, names),
    everIssued: (ids) => everIssued(pool, ids),
    activePage: (resource, madeBefore, afterId, limit) =>
      query<Pick<Known, 'id' | 'outsideName'> & Record<string, unknown>>(
        pool,
        `select id, outside_name as "outsideName" from leases
         where resource = $1 and state = 'active' and created_at < at($2) and id > $3
         order by id limit $4`,
        [resource, madeBefore, afterId, limit],
      ),
    // What its handle named is gone with proof: whatever carries the name now is looked for by name.
    reopen: (ids, reason, entry) =>
      changed(pool, entry, (tx) =>
        query<{ id: string }>(
          tx,
          `update leases set state = 'revoking', revoke_accepted_at = now_at(), ended_at = null,
             next_attempt_at = now_at(), attempts = 0, dead_ms = null, end_reason = $2,
             outside_handle = null
           where id = any ($1) and state = 'revoked' returning id`,
          [ids, reason],
        ),
      ),
    adopt: (leases, resource, reason, entry) =>
      changed(pool, entry, (tx) =>
        query<{ id: string }>(tx, ADOPT, [
          leases.map(({ id }) => id),
          leases.map(({ outsideName }) => outsideName),
          leases.map(({ madeAt }) => madeAt),
          resource,
          reason,
        ]),
      ),
    keep: async (result) => {
      await query(pool, KEEP, valuesOf(result));
    },
    list: () => list(pool),
  };
}

function known(pool: Pool, names: readonly string[]): Promise<Known[]> {
  return query<Known & Record<string, unknown>>(
    pool,
    `select id, outside_name as "outsideName", resource, state, ms(ended_at) as "endedAt"
     from leases where outside_name = any ($1)`,
    [names],
  );
}

async function everIssued(pool: Pool, ids: readonly string[]): Promise<string[]> {
  const rows = await query<{ id: string }>(
    pool,
    `select distinct subject as id from audit_entries
     where subject = any ($1) and action = 'lease.issuing'`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

function valuesOf(result: Omit<Reconciliation, 'at'>): unknown[] {
  const { resource, owned, removed, missing, leftAlone, names } = result;
  return [resource, owned, removed, missing, leftAlone, JSON.stringify(names)];
}

function list(pool: Pool): Promise<Reconciliation[]> {
  return query<Reconciliation & Record<string, unknown>>(
    pool,
    `select resource, ms(at) as at, owned, removed, missing, left_alone as "leftAlone", names
     from reconciliations order by resource`,
  );
}

/** Who held it is not known any more. */
const ADOPT = `insert into leases (id, grant_id, token_jti, task_id, agent_id, resource, scope, state,
    outside_name, statement_timeout_ms, created_at, expires_at, revoke_accepted_at, next_attempt_at, end_reason)
  select id, 'unknown', 'unknown', 'unknown', 'unknown', $4, 'unknown', 'revoking',
    name, 1, at(made), now_at(), now_at(), now_at(), $5
  from unnest($1::text[], $2::text[], $3::float8[]) as l(id, name, made)
  on conflict do nothing returning id`;

const KEEP = `insert into reconciliations (resource, at, owned, removed, missing, left_alone, names)
  values ($1, now_at(), $2, $3, $4, $5, $6)
  on conflict (resource) do update set at = excluded.at, owned = excluded.owned,
    removed = excluded.removed, missing = excluded.missing, left_alone = excluded.left_alone,
    names = excluded.names`;

function changed(
  pool: Pool,
  entry: (ids: readonly string[]) => AuditDraft,
  change: (tx: Tx) => Promise<{ id: string }[]>,
): Promise<string[]> {
  return transaction(pool, async (tx) => {
    const ids = (await change(tx)).map(({ id }) => id);
    if (ids.length > 0) appendAudit(tx, [entry(ids)]);
    return ids;
  });
}
