import type { Agent } from '../domain/agent.ts';
import { stateAt } from '../domain/approval.ts';
import { notFound } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import {
  type MayAnswer,
  mayApprove,
  type Signer,
  type Standing,
  standingOf,
} from '../domain/quorum.ts';
import type { ApprovalFilter, VotedApproval } from '../ports/approvals.ts';
import type { Broker } from './context.ts';
import { ownOnly } from './own.ts';
import { questionOf } from './question.ts';
import { approvalUri } from './request-approval.ts';

/** An approval with everything a card shows. */
export interface ApprovalView extends VotedApproval {
  readonly agent: Agent | undefined;
  readonly standing: readonly (Standing & { readonly canBeMet: boolean })[];
  readonly mayAnswer: MayAnswer;
  /** Who answered is shown to operators only. */
  readonly forOperator: boolean;
  /** Where people find it. */
  readonly uri: string;
}

/** @throws notFound, for another agent's too */
export async function ownApproval(
  broker: Pick<Broker, 'approvals'>,
  principal: Principal,
  id: string,
): Promise<VotedApproval> {
  const found = await broker.approvals.find(id);
  const own = principal.type === 'operator' || found?.approval.agentId === principal.id;
  if (!found || !own) throw notFound('Approval');
  return found;
}

export async function listApprovals(
  broker: Broker,
  principal: Principal,
  filter: ApprovalFilter,
): Promise<ApprovalView[]> {
  const rows = await broker.approvals.list(ownOnly(principal, filter));
  const signers = await broker.signers();
  return Promise.all(rows.map((row) => viewOf(broker, principal, row, signers)));
}

/** What a card shows of one approval, to this principal. */
export async function viewOf(
  broker: Broker,
  principal: Principal,
  voted: VotedApproval,
  known?: readonly Signer[],
): Promise<ApprovalView> {
  const { approval, votes } = voted;
  const state = stateAt(approval, broker.clock.now());
  const { agentId, authorId, requirements } = approval;
  const agent = agentId === undefined ? undefined : await broker.directory.agent(agentId);
  const signers = known ?? (await broker.signers());
  const question = questionOf(requirements, agent?.owner, authorId, signers);
  const approving = votes.filter(({ decision }) => decision === 'approve');
  const yes = signers.filter((one) => approving.some((vote) => vote.operatorId === one.operatorId));
  const possible = standingOf(question, signers);
  const standing = standingOf(question, yes).map((one, at) => ({
    ...one,
    canBeMet: (possible[at]?.have ?? 0) >= one.count,
  }));
  const me = signers.find(({ operatorId }) => operatorId === principal.id);
  const forOperator = principal.type === 'operator';
  return {
    ...voted,
    approval: { ...approval, state },
    agent,
    standing,
    forOperator,
    uri: approvalUri(broker, approval.id),
    mayAnswer: mayAnswer(state, me && mayApprove(me, question), votes, principal),
  };
}

function mayAnswer(
  state: string,
  may: MayAnswer | undefined,
  votes: VotedApproval['votes'],
  principal: Principal,
): MayAnswer {
  if (state !== 'pending') return { may: false, why: `It is ${state}.` };
  if (votes.some(({ operatorId }) => operatorId === principal.id)) {
    return { may: false, why: 'You have answered already.' };
  }
  return may ?? { may: false, why: 'Only people who are signed in and have a passkey approve.' };
}

/**
 * Reads an approval, once it is no longer pending or `seconds` have passed.
 * @param signal ends the wait early: nobody is there any more
 * @throws notFound; rateLimited where too many of the caller's requests wait already
 */
export async function awaitApproval(
  broker: Broker,
  principal: Principal,
  id: string,
  seconds: number,
  signal: AbortSignal,
): Promise<ApprovalView> {
  if (seconds === 0) return viewOf(broker, principal, await ownApproval(broker, principal, id));
  const leave = broker.waiters.enter(principal.id);
  const until = broker.clock.monotonic() + seconds * 1000;
  try {
    for (;;) {
      const left = Math.max(until - broker.clock.monotonic(), 0);
      const over = new AbortController();
      // Before reading: what changes after the read wakes us.
      const stop = AbortSignal.any([signal, over.signal]);
      const woken = broker.wakeups.wait(`approval:${id}`, left, stop);
      let timer: NodeJS.Timeout | undefined;
      try {
        const found = await ownApproval(broker, principal, id);
        const toGo = found.approval.expiresAt - broker.clock.now();
        const isPending = found.approval.state === 'pending' && toGo > 0;
        if (!isPending || left === 0 || signal.aborted) return viewOf(broker, principal, found);
        timer = setTimeout(() => over.abort(), Math.min(toGo, left));
        await woken;
      } finally {
        clearTimeout(timer);
        over.abort();
      }
    }
  } finally {
    leave();
  }
}
