import type { ApprovalView } from '../broker/read-approval.ts';
import type * as contract from '../contract/schemas/approvals.ts';
import { type Loose, time, timeIf } from './present.ts';

type Card = contract.Approval['card'];

/** An approval as its card shows it: facts of the server, and apart from them the agent's words. */
export function approval(view: ApprovalView): Loose<contract.Approval> {
  const { approval: value } = view;
  return {
    id: value.id,
    kind: value.kind,
    state: value.state,
    approval_uri: view.uri,
    created_at: time(value.createdAt),
    expires_at: time(value.expiresAt),
    decided_at: timeIf(value.decidedAt) ?? null,
    end_reason: value.endReason ?? null,
    used_by: value.usedBy ?? null,
    // Kept as the very text that was hashed: what is shown is derived from that.
    operation: JSON.parse(value.operation) as Record<string, unknown>,
    operation_text: value.operation,
    operation_digest: value.operationDigest,
    digest: value.operationDigest,
    terms: JSON.parse(value.terms) as Record<string, unknown>,
    terms_digest: value.termsDigest,
    requirements: view.standing.map(({ rule, count, groups, have, canBeMet }) => ({
      rule,
      count,
      groups: [...groups],
      have,
      can_be_met: canBeMet,
    })),
    votes: view.votes.map((vote) => ({
      ...(view.forOperator ? { operator: { id: vote.operatorId, name: vote.operatorName } } : {}),
      decision: vote.decision,
      at: time(vote.at),
      ...(vote.reason === undefined ? {} : { reason: vote.reason }),
    })),
    card: card(view),
    words: { ...value.card.words },
    may_answer: view.mayAnswer.may || { no: view.mayAnswer.why },
  };
}

function card({ approval, agent, task }: ApprovalView): Card {
  const { card: value, authorId, authorName, taskId } = approval;
  const ticket = task?.verifiedTicket;
  return {
    ...(agent ? { agent: { id: agent.id, name: agent.name, owner: agent.owner } } : {}),
    ...(task && taskId !== undefined
      ? {
          task: {
            id: taskId,
            opened_by: task.openedBy,
            ...(ticket === undefined ? {} : { verified_ticket: ticket }),
          },
        }
      : {}),
    ...(authorId === undefined ? {} : { author: { id: authorId, name: authorName ?? '' } }),
    ...(value.scope === undefined ? {} : { scope: value.scope }),
    ...(value.resource === undefined ? {} : { resource: value.resource }),
    ...(value.environment === undefined ? {} : { environment: value.environment }),
    effect: value.effect,
    reversibility: value.reversibility,
    plan: [...value.plan],
    blast_radius: radius(value.blastRadius),
    tables: [...(value.tables ?? [])],
  };
}

function radius(value: ApprovalView['approval']['card']['blastRadius']): Card['blast_radius'] {
  if (!value) return null;
  const bounds = Object.entries(value.bounds).map(
    ([table, [least, most]]): [string, [number, number]] => [table, [least, most]],
  );
  return {
    rows: value.rows,
    bounds: Object.fromEntries(bounds),
    cascades: [...value.cascades],
    triggers: [...value.triggers],
    backup: value.backup,
    ...(value.why === undefined ? {} : { why: value.why }),
  };
}
