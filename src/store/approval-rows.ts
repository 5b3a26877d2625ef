import type { Approval, Vote } from '../domain/approval.ts';
import type { VotedApproval } from '../ports/approvals.ts';

/** Past its time it is expired, by the store's clock, whether or not the job said so yet. */
const STATE = `case when a.state in ('pending', 'approved') and a.expires_at <= now_at()
  then 'expired' else a.state end as state`;

export const APPROVAL_COLUMNS = `a.id, a.kind, ${STATE}, a.agent_id as "agentId", a.task_id as "taskId",
  a.author_id as "authorId", (select name from operators where id = a.author_id) as "authorName", a.operation, a.operation_digest as "operationDigest", a.terms,
  a.terms_digest as "termsDigest", a.requirements, a.resources,
  a.bundle_version::int as "bundleVersion", a.card, ms(a.created_at) as "createdAt",
  ms(a.expires_at) as "expiresAt", ms(a.decided_at) as "decidedAt", a.end_reason as "endReason",
  a.used_by as "usedBy"`;

/** The votes of an approval (alias a), oldest first, as JSON. */
const VOTES = `(select coalesce(json_agg(json_build_object('operatorId', v.operator_id,
    'operatorName', coalesce((select name from operators where id = v.operator_id), ''),
    'decision', v.decision, 'at', ms(v.at), 'reason', v.reason) order by v.at, v.operator_id), '[]')
  from approval_votes v where v.approval_id = a.id) as votes`;

const TASK = `(select json_build_object('openedBy', k.opened_by, 'verifiedTicket', k.verified_ticket)
  from tasks k where k.id = a.task_id) as task`;

/** `select` of approvals (alias a) with their votes. */
export const SELECT_VOTED = `select ${APPROVAL_COLUMNS}, ${VOTES}, ${TASK} from approvals a`;

export interface VotedRow extends Record<string, unknown> {
  votes: Record<string, unknown>[];
  task: Record<string, unknown> | null;
}

export function toVoted({ votes, task, ...row }: VotedRow): VotedApproval {
  return {
    approval: compact<Approval>(row),
    votes: votes.map((vote) => compact<Vote>(vote)),
    ...(task ? { task: compact<NonNullable<VotedApproval['task']>>(task) } : {}),
  };
}

export const toApproval = (row: Record<string, unknown>): Approval => compact<Approval>(row);

/** Drops members that the database has as null: optional members are absent, never null. */
function compact<T>(row: Record<string, unknown>): T {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as T;
}
