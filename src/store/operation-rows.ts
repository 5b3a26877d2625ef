import type { Operation } from '../domain/operation.ts';

/**
 * Operations (alias o) with what became of their approvals (alias a): one that waits has the end its approval
 * had, whether or not the job has kept it yet.
 */
export const OPERATIONS = `
select o.id, o.kind, o.agent_id as "agentId", o.task_id as "taskId", o.grant_id as "grantId", o.resource,
  o.scope, o.effect, o.digest, o.tables, o.radius, o.approval_id as "approvalId",
  case when o.state <> 'pending' or a.id is null then o.state
    when a.state in ('denied', 'expired', 'withdrawn', 'superseded') then a.state
    when a.state in ('pending', 'approved') and a.expires_at <= now_at() then 'expired'
    else o.state end as state,
  o.lease_id as "leaseId", o.transaction_id as transaction, o.counts, coalesce(o.reason, a.end_reason) as reason,
  ms(o.created_at) as "createdAt", ms(o.started_at) as "startedAt", ms(o.deadline_at) as "deadlineAt",
  ms(o.ended_at) as "endedAt"
from operations o left join approvals a on a.id = o.approval_id`;

/** Members that the database has as null are absent. */
export function toOperation(row: Record<string, unknown>): Operation {
  return Object.fromEntries(
    Object.entries(row).filter(([, value]) => value !== null),
  ) as unknown as Operation;
}
