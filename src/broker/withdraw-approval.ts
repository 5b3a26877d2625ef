import { stateAt } from '../domain/approval.ts';
import { approvalOver } from '../domain/approval-errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { Broker } from './context.ts';
import { type ApprovalView, ownApproval, viewOf } from './read-approval.ts';
import { sealed } from './record.ts';

/**
 * Withdraws what was asked: by the agent that asked, or by an operator for it. Also what was approved
 * and not used yet. What is withdrawn already stays so.
 *
 * @throws notFound | approvalOver
 */
export async function withdrawApproval(
  broker: Broker,
  principal: Principal,
  id: string,
  reason: string | undefined,
): Promise<ApprovalView> {
  await ownApproval(broker, principal, id);
  const by = principal.type === 'agent' ? 'the agent' : 'an operator';
  const done = await broker.approvals.end(id, 'withdrawn', `withdrawn by ${by}`, {
    actor: principal.id,
    action: 'approval.withdrawn',
    subject: id,
    detail: { by: principal.type, ...(await sealed(broker, principal.id, { reason })) },
  });
  const now = await ownApproval(broker, principal, id);
  const state = stateAt(now.approval, broker.clock.now());
  if (!done && state !== 'withdrawn') throw approvalOver(state);
  return viewOf(broker, principal, now);
}
