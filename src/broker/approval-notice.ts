import type { Approval } from '../domain/approval.ts';
import type { NoticeDraft } from '../domain/notice.ts';
import { mayApprove, type Question, type Signer } from '../domain/quorum.ts';
import type { NewApproval } from '../ports/approvals.ts';
import type { Broker } from './context.ts';

const ASKS = {
  grant: 'asks for access',
  operation: 'asks to change data',
  widening: 'A change of the policy waits',
} as const;
const ENDED = { approved: 'Approved', denied: 'Denied', superseded: 'Void' } as const;

/**
 * Tells those who may answer that a question waits: facts of the server only, nothing that the agent wrote,
 * and a link that grants nothing.
 * @param agentName as it is registered; absent for a widening
 */
export function approvalNotice(
  broker: Pick<Broker, 'newId'>,
  approval: NewApproval,
  agentName: string | undefined,
  question: Question,
  signers: readonly Signer[],
): NoticeDraft {
  const { kind, card } = approval;
  const { environment, scope, resource } = card;
  const asks = kind === 'widening' ? ASKS.widening : `${agentName ?? 'An agent'} ${ASKS[kind]}`;
  const where = environment
    ? `${environment.name}${environment.protected ? ', protected' : ''}`
    : undefined;
  return {
    id: broker.newId('notice'),
    kind: 'approval.requested',
    subject: approval.id,
    title: `Approval wanted: ${asks}`,
    lines: [
      ...(scope ? [`Scope: ${scope}`] : []),
      ...(resource ? [`Resource: ${resource}${where ? ` (${where})` : ''}`] : []),
      `Effect: ${card.effect}, ${card.reversibility === 'unknown' ? 'unknown whether it can be undone' : card.reversibility}`,
      `Digest: ${approval.operationDigest.slice(0, 12)}`,
    ],
    path: `/console/approvals/${approval.id}`,
    to: signers.filter((one) => mayApprove(one, question).may).map(({ email }) => email),
  };
}

/** Tells the agent's owner how it ended. */
export function decidedNotice(
  { newId }: Pick<Broker, 'newId'>,
  { id, card }: Pick<Approval, 'id' | 'card'>,
  state: keyof typeof ENDED,
  to: readonly string[],
): NoticeDraft {
  return {
    id: newId('notice'),
    kind: 'approval.decided',
    subject: id,
    title: `${ENDED[state]}: ${card.scope ?? 'a change of the policy'}`,
    lines: card.resource === undefined ? [] : [`Resource: ${card.resource}`],
    path: `/console/approvals/${id}`,
    to,
  };
}
