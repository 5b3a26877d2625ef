import { createHash } from 'node:crypto';
import { canonicalJson } from '../audit/canonical.ts';
import type { AuditDraft } from '../audit/entry.ts';
import type { Agent } from '../domain/agent.ts';
import type {
  Approval,
  ApprovalCard,
  ApprovalKind,
  JsonObject,
  Requirement,
} from '../domain/approval.ts';
import { approvalLimit } from '../domain/approval-errors.ts';
import {
  agentSuspended,
  approvalUnavailable,
  conflict,
  ended,
  httpError,
  invalidClient,
  stopped,
} from '../domain/errors.ts';
import { type Question, type Signer, standingOf } from '../domain/quorum.ts';
import type { Task } from '../domain/task.ts';
import type { ApprovalRequest, NewApproval, RequestedApproval } from '../ports/approvals.ts';
import { approvalNotice } from './approval-notice.ts';
import type { Broker } from './context.ts';
import { questionOf } from './question.ts';
import { sealed } from './record.ts';

/** What persons are to be asked. */
export interface ApprovalWish {
  readonly kind: ApprovalKind;
  /** Who asks, for a grant or an operation. */
  readonly agent?: Agent;
  readonly task?: Pick<Task, 'id' | 'expiresAt'>;
  /** Whose change it is, for a widening: may not answer it. */
  readonly author?: string;
  /** Exactly what is approved, and on which terms: what is shown is derived from these alone. */
  readonly operation: JsonObject;
  readonly terms: JsonObject;
  readonly requirements: readonly Requirement[];
  readonly resources: readonly string[];
  readonly bundleVersion: number;
  readonly card: ApprovalCard;
  /** 10 minutes unless said; never beyond the task. */
  readonly expiresInSeconds?: number;
  /** What goes into the same transaction, for a request at the token endpoint. */
  readonly along?: Pick<ApprovalRequest, 'open' | 'assertion' | 'poll' | 'refusal'>;
}

/** Longest canonical text of an operation: what nobody can read whole is refused, not cut. */
const LONGEST_OPERATION = 128 * 1024;

/** Where people find it. A link carries no authority: whoever follows it signs in first. */
export function approvalUri(broker: Pick<Broker, 'issuer'>, id: string): string {
  return `${broker.issuer}/console/approvals/${id}`;
}

/** Lower-case hex SHA-256 over the RFC 8785 form, and that form. */
export function digestOf(value: JsonObject): { text: string; digest: string } {
  const text = canonicalJson(value);
  return { text, digest: createHash('sha256').update(text).digest('hex') };
}

/**
 * Asks persons. The same question of the same task that is still pending is that one again.
 *
 * @throws approvalUnavailable where nobody could answer; approvalLimit; payload_too_large; conflict when the
 *   policy or the agent changed meanwhile (decide again); stopped | agentSuspended | ended
 */
export async function requestApproval(
  broker: Broker,
  wish: ApprovalWish,
): Promise<{ readonly approval: Approval; readonly again: boolean }> {
  const outcome = await tryRequest(broker, wish);
  if (outcome.kind === 'pending') return outcome;
  throw refusedBy(outcome);
}

/** The same, with the outcome as a value: for callers that decide again by themselves. */
export async function tryRequest(broker: Broker, wish: ApprovalWish): Promise<RequestedApproval> {
  const operation = digestOf(wish.operation);
  if (operation.text.length > LONGEST_OPERATION) {
    throw httpError(
      'payload_too_large',
      'This is more than a person can look through. Ask for less at a time.',
    );
  }
  const terms = digestOf(wish.terms);
  const signers = await broker.signers();
  const question = questionOf(wish.requirements, wish.agent?.owner, wish.author, signers);
  refuseUnanswerable(wish, question, signers);
  const approval: NewApproval = {
    id: broker.newId('approval'),
    kind: wish.kind,
    ...(wish.agent ? { agentId: wish.agent.id } : {}),
    ...(wish.task ? { taskId: wish.task.id } : {}),
    ...(wish.author === undefined ? {} : { authorId: wish.author }),
    operation: operation.text,
    operationDigest: operation.digest,
    terms: terms.text,
    termsDigest: terms.digest,
    requirements: wish.requirements,
    resources: wish.resources,
    bundleVersion: wish.bundleVersion,
    card: wish.card,
  };
  const longest = wish.expiresInSeconds ? wish.expiresInSeconds * 1000 : broker.limits.approvalMs;
  const left = wish.task ? wish.task.expiresAt - broker.clock.now() : longest;
  const outcome = await broker.approvals.request({
    approval,
    agentVersion: wish.agent?.version,
    ttlMs: Math.min(longest, left),
    limit: broker.limits.approvalsPerAsker,
    entry: await requestedEntry(broker, wish, approval),
    notice: approvalNotice(broker, approval, wish.agent?.name, question, signers),
    ...wish.along,
  });
  if (outcome.kind === 'pending' && !outcome.again) broker.meter.count('approval', 'requested');
  return outcome;
}

/** Is there, for each requirement, at least one person who could answer now? */
function refuseUnanswerable(
  wish: ApprovalWish,
  question: Question,
  signers: readonly Signer[],
): void {
  const unmet = standingOf(question, signers).find(({ have }) => have === 0);
  if (!unmet && wish.requirements.length > 0) return;
  const groups = unmet?.groups.join(', ');
  throw approvalUnavailable(
    `This needs a person's approval, and nobody ${groups ? `of ${groups} ` : ''}can answer: none with a passkey, other than who asks.`,
    {
      ...(unmet ? { rule: unmet.rule } : {}),
      how: 'Ask an admin to invite an approver, or ask for a scope that needs none.',
    },
  );
}

async function requestedEntry(
  broker: Broker,
  wish: ApprovalWish,
  approval: NewApproval,
): Promise<(expiresAt: number) => AuditDraft> {
  // The exact bytes of an operation may hold anything, personal data included: digests speak for them.
  const shown = { operation: approval.operation, terms: approval.terms };
  const isText = wish.kind === 'operation';
  const words = await sealed(broker, approval.agentId ?? approval.authorId ?? 'broker', {
    ...wish.card.words,
    ...(isText ? { operation: approval.operation } : {}),
  });
  return (expiresAt) => ({
    actor: approval.agentId ?? approval.authorId ?? 'broker',
    action: 'approval.requested',
    subject: approval.id,
    detail: {
      kind: approval.kind,
      task: approval.taskId ?? null,
      bundle: approval.bundleVersion,
      operation_digest: approval.operationDigest,
      terms_digest: approval.termsDigest,
      ...(isText ? { terms: shown.terms } : shown),
      requirements: approval.requirements.map(({ rule, count, groups }) => ({
        rule,
        count,
        groups,
      })),
      expires_at: new Date(expiresAt).toISOString(),
      ...words,
    },
  });
}

/** A request that the store refused, as the error for whoever asked. */
export function refusedBy(outcome: Exclude<RequestedApproval, { kind: 'pending' }>) {
  switch (outcome.kind) {
    case 'replayed':
      return invalidClient();
    case 'suspended':
      return agentSuspended();
    case 'stopped':
      return stopped(outcome.what, outcome.stopId);
    case 'task_ended':
      return ended('task');
    case 'too_many':
      return approvalLimit(outcome.limit);
    case 'changed':
      return conflict('Policy or agent changed during this request. Try again.');
  }
}
