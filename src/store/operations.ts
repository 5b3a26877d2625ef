import type { Operation } from '../domain/operation.ts';
import type { OperationStart, OperationStore } from '../ports/operations.ts';
import { appendAudit } from './audit-append.ts';
import { holdAgent, reserve } from './leases.ts';
import { finish, settle, takeResult, unresolved } from './operation-ends.ts';
import { OPERATIONS, toOperation } from './operation-rows.ts';
import { type Pool, query, transaction, type Tx } from './pool.ts';
import { useApprovals } from './use-approval.ts';
import { wake } from './wakeup.ts';

export function createOperationStore(pool: Pool): OperationStore {
  const first = async (where: string, values: readonly unknown[]) => {
    const rows = await query(pool, `${OPERATIONS} where ${where}`, values);
    return rows[0] && toOperation(rows[0]);
  };
  return {
    submit: (operation, entry) => transaction(pool, (tx) => submit(tx, operation, entry)),
    find: (id) => first('o.id = $1', [id]),
    pending: ({ agentId, taskId, digest }) =>
      first(
        `o.agent_id = $1 and o.task_id = $2 and o.digest = $3 and o.state = 'pending'
         and a.state in ('pending', 'approved') and a.expires_at > now_at()`,
        [agentId, taskId, digest],
      ),
    sealed: async (id) => {
      const rows = await query<{ sealed: string | null }>(
        pool,
        'select sealed from operations where id = $1',
        [id],
      );
      return rows[0]?.sealed ?? undefined;
    },
    start: (begun) =>
      transaction(pool, (tx) => start(tx, begun), holdAgent(begun.lease.agentId)).catch(
        (error: unknown) => {
          if (error === LOST) return false;
          throw error;
        },
      ),
    committing: (id, about) => transaction(pool, (tx) => committing(tx, id, about)),
    finish: (id, end, entry) => transaction(pool, (tx) => finish(tx, id, end, entry)),
    takeResult: (id, entry) => transaction(pool, (tx) => takeResult(tx, id, entry)),
    unresolved: (limit) => unresolved(pool, limit),
    settle: () => settle(pool),
  };
}

async function submit(
  tx: Tx,
  operation: Parameters<OperationStore['submit']>[0],
  entry: Parameters<OperationStore['submit']>[1],
): Promise<Operation> {
  const { agentId, taskId, scope, digest, approvalId } = operation;
  if (approvalId !== undefined) {
    // What waited for an approval that ended waits no more: its place is free.
    await query(
      tx,
      `update operations o set state = 'superseded', ended_at = now_at(), sealed = null,
         reason = 'asked again'
       where agent_id = $1 and task_id = $2 and scope = $3 and digest = $4 and state = 'pending'
         and approval_id is not null and approval_id <> $5`,
      [agentId, taskId, scope, digest, approvalId],
    );
  }
  const rows = await query<{ id: string }>(
    tx,
    `insert into operations (id, kind, agent_id, task_id, grant_id, token_jti, resource, scope, effect,
       state, digest, sealed, tables, radius, approval_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', $10, $11, $12, $13, $14, at($15))
     on conflict (agent_id, task_id, scope, digest) where state = 'pending' and approval_id is not null
     do nothing returning id`,
    [
      operation.id,
      operation.kind,
      agentId,
      taskId,
      operation.grantId,
      operation.tokenJti,
      operation.resource,
      scope,
      operation.effect,
      digest,
      operation.sealed,
      operation.tables,
      JSON.stringify(operation.radius),
      approvalId ?? null,
      operation.createdAt,
    ],
  );
  const found = await query(
    tx,
    `${OPERATIONS} where ${rows.length > 0 ? 'o.id = $1' : "o.approval_id = $1 and o.state = 'pending'"}`,
    [rows.length > 0 ? operation.id : approvalId],
  );
  if (rows.length > 0) appendAudit(tx, [entry]);
  return toOperation(found[0] ?? {});
}

/** Rolls back: somebody else was first, or the approval is no longer there. */
const LOST = new Error('lost');

async function start(tx: Tx, begun: OperationStart): Promise<boolean> {
  const { id, lease, approval } = begun;
  const taken = await query(
    tx,
    `update operations set state = 'executing', lease_id = $2, started_at = now_at(), deadline_at = at($3)
     where id = $1 and state = 'pending' and approval_id is not distinct from $4 returning id`,
    [id, lease.id, begun.deadlineAt, approval?.id ?? null],
  );
  if (taken.length === 0) throw LOST;
  if (approval) {
    const taken = await useApprovals(tx, [{ ...approval, agentId: lease.agentId, usedBy: id }]);
    if (taken.size === 0) throw LOST;
  }
  wake(tx, [`operation:${id}`]);
  const limits = { grant: begun.leases, agent: begun.leases };
  await reserve(tx, lease, limits, begun.entries);
  return true;
}

/** What is committed has a living lease: a revocation that came first is the end of it. */
async function committing(
  tx: Tx,
  id: string,
  { transaction: name, counts, result }: Parameters<OperationStore['committing']>[1],
): Promise<boolean> {
  const rows = await query(
    tx,
    `update operations o set transaction_id = $2, counts = $3
     where id = $1 and state = 'executing' and counts is null
       and exists (select from leases l where l.id = o.lease_id and l.state = 'active' for share)
     returning id`,
    [id, name ?? null, JSON.stringify(counts)],
  );
  if (rows.length === 0) return false;
  if (result) {
    await query(
      tx,
      'insert into operation_results (operation_id, sealed, expires_at) values ($1, $2, at($3))',
      [id, result.sealed, result.expiresAt],
    );
  }
  return true;
}
