import type { Broker } from '../broker/context.ts';
import { approvalUri } from '../broker/request-approval.ts';
import type * as contract from '../contract/schemas/operations.ts';
import type { Operation } from '../domain/operation.ts';
import { type Loose, time, timeIf } from './present.ts';

export function operation(
  value: Operation,
  broker: Pick<Broker, 'issuer'>,
): Loose<contract.Operation> {
  const { approvalId, radius } = value;
  return {
    id: value.id,
    kind: value.kind,
    task_id: value.taskId,
    agent_id: value.agentId,
    resource: value.resource,
    scope: value.scope,
    effect: value.effect,
    state: value.state,
    digest: value.digest,
    tables: [...value.tables],
    blast_radius: {
      ...radius,
      bounds: Object.fromEntries(
        Object.entries(radius.bounds).map(([table, [least, most]]) => [table, [least, most]]),
      ),
      cascades: [...radius.cascades],
      triggers: [...radius.triggers],
    },
    approval_id: approvalId,
    approval_uri: approvalId && approvalUri(broker, approvalId),
    lease_id: value.leaseId,
    rows: value.counts && { ...value.counts },
    reason: value.reason,
    created_at: time(value.createdAt),
    started_at: timeIf(value.startedAt),
    ended_at: timeIf(value.endedAt),
  };
}
