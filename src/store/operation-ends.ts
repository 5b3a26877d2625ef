import type { AuditDraft } from '../audit/entry.ts';
import type { Operation } from '../domain/operation.ts';
import type { OperationStore } from '../ports/operations.ts';
import { appendAudit } from './audit-append.ts';
import { OPERATIONS, toOperation } from './operation-rows.ts';
import { type Pool, query, transaction, type Tx } from './pool.ts';
import { wake } from './wakeup.ts';

export async function finish(
  tx: Tx,
  id: string,
  { state, reason, counts }: Parameters<OperationStore['finish']>[1],
  entry: AuditDraft,
): Promise<boolean> {
  const rows = await query(
    tx,
    `update operations set state = $2, reason = $3, counts = coalesce($4::jsonb, counts),
       ended_at = now_at(), sealed = null
     where id = $1 and state in ('pending', 'executing') returning id`,
    [id, state, reason ?? null, counts ? JSON.stringify(counts) : null],
  );
  if (rows.length === 0) return false;
  if (state !== 'succeeded') {
    await query(tx, 'delete from operation_results where operation_id = $1', [id]);
  }
  wake(tx, [`operation:${id}`]);
  appendAudit(tx, [entry]);
  return true;
}

export async function takeResult(
  tx: Tx,
  id: string,
  entry: AuditDraft,
): Promise<string | undefined> {
  const rows = await query<{ sealed: string }>(
    tx,
    `delete from operation_results r where operation_id = $1 and expires_at > now_at()
       and exists (select from operations o where o.id = $1 and o.state = 'succeeded')
     returning r.sealed`,
    [id],
  );
  if (rows[0]) appendAudit(tx, [entry]);
  return rows[0]?.sealed;
}

export async function unresolved(pool: Pool, limit: number): Promise<Operation[]> {
  const rows = await query(
    pool,
    `${OPERATIONS} join leases l on l.id = o.lease_id
     where o.state = 'executing'
       and (o.deadline_at <= now_at() or l.state not in ('reserved', 'active'))
     order by o.id limit $1`,
    [limit],
  );
  return rows.map(toOperation);
}

/** Pages are small: whoever answers or asks meanwhile does not wait for them. */
const PAGE = 200;

export async function settle(pool: Pool): Promise<void> {
  await transaction(pool, async (tx) => {
    const rows = await query<{ id: string }>(
      tx,
      `update operations o set state = w.state, reason = coalesce(o.reason, w.reason), sealed = null,
         ended_at = now_at()
       from (select o.id, a.end_reason as reason,
               case when a.id is null then 'failed'
                 when a.state in ('pending', 'approved') then 'expired' else a.state end as state
             from operations o left join approvals a on a.id = o.approval_id
             where o.state = 'pending' and (a.state in ('denied', 'expired', 'withdrawn', 'superseded')
               or a.expires_at <= now_at()
               or (a.id is null and o.created_at < now_at() - interval '2 minutes'))
             order by o.id limit ${PAGE} for update of o skip locked) w
       where o.id = w.id returning o.id`,
    );
    wake(
      tx,
      rows.map(({ id }) => `operation:${id}` as const),
    );
  });
  await query(
    pool,
    `delete from operation_results where operation_id in
       (select operation_id from operation_results where expires_at <= now_at() limit ${PAGE})`,
  );
}
