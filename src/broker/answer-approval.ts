import { approvalOver, approvalRefused } from '../domain/approval-errors.ts';
import { type JsonObject, stateAt, type VoteDecision } from '../domain/approval.ts';
import { internal } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { ApprovalChallenge, NewVote, VotedApproval } from '../ports/approvals.ts';
import type { PasskeyUse } from '../ports/sessions.ts';
import { type Answerer, answererOf, challengeOf, signedObject } from './approval-challenge.ts';
import { decidedNotice } from './approval-notice.ts';
import type { Broker } from './context.ts';
import { judgeAnswer, type Judgement, type Judging } from './judge-answer.ts';
import { questionOf } from './question.ts';
import { type ApprovalView, ownApproval, viewOf } from './read-approval.ts';
import { recheckApproval } from './recheck-approval.ts';
import { sealed } from './record.ts';

/** What the browser sent back: `AuthenticationResponseJSON`. */
export interface AssertionAnswer {
  readonly id: string;
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
  };
}

export interface Answer {
  readonly challengeId?: string | undefined;
  readonly assertion?: AssertionAnswer | undefined;
  readonly reason?: string | undefined;
}

/**
 * Answers everything that one challenge covers, by one signature.
 *
 * @throws approvalRefused where the challenge or the signature is not good, or no answer counted;
 *   approvalOver where all of it was decided before
 */
export async function answerChallenge(
  broker: Broker,
  principal: OperatorPrincipal,
  answer: Answer & { readonly challengeId: string },
): Promise<ApprovalView[]> {
  const answerer = await answererOf(broker, principal);
  const challenge = await ownChallenge(broker, principal, answerer, answer.challengeId);
  return give(broker, principal, answerer, answer, challenge.decision, challenge);
}

/** Answers one approval. A denial needs the session alone: nobody is kept from saying no. */
export async function answerApproval(
  broker: Broker,
  principal: OperatorPrincipal,
  id: string,
  answer: Answer & { readonly decision: VoteDecision },
): Promise<ApprovalView> {
  await ownApproval(broker, principal, id);
  const answerer = await answererOf(broker, principal);
  const { decision, challengeId } = answer;
  if (challengeId === undefined && decision === 'approve') {
    throw approvalRefused('An approval is a signature: ask for a challenge first.');
  }
  const challenge =
    challengeId === undefined
      ? undefined
      : await ownChallenge(broker, principal, answerer, challengeId);
  const [item] = challenge?.items ?? [];
  if (challenge && (challenge.items.length !== 1 || item?.approval_id !== id)) {
    throw approvalRefused('This challenge is about something else.');
  }
  if (challenge && challenge.decision !== decision) {
    throw approvalRefused('This challenge is for another answer.');
  }
  const [view] = await give(broker, principal, answerer, answer, decision, challenge, id);
  if (!view) throw approvalRefused('This answer does not count.');
  return view;
}

/** Of this operator, from this session, not used and in time. One text for every reason. */
async function ownChallenge(
  broker: Broker,
  principal: OperatorPrincipal,
  { sessionId }: Answerer,
  id: string,
): Promise<ApprovalChallenge> {
  const found = await broker.approvalVotes.findChallenge(id);
  if (!found || found.over || found.operatorId !== principal.id || found.sessionId !== sessionId) {
    throw approvalRefused('This challenge is not known, or was used. Open the approval again.');
  }
  return found;
}

async function give(
  broker: Broker,
  principal: OperatorPrincipal,
  answerer: Answerer,
  answer: Answer,
  decision: VoteDecision,
  challenge: ApprovalChallenge | undefined,
  only?: string,
): Promise<ApprovalView[]> {
  const proven = await prove(broker, principal, answer, decision, challenge);
  const ids = challenge?.items.map((item) => item.approval_id) ?? (only ? [only] : []);
  const words = await sealed(broker, principal.id, {
    person: answerer.signer.person,
    reason: answer.reason,
  });
  const judgings = new Map<string, Judging & { readonly tell: readonly string[] }>();
  for (const id of ids) {
    const before = await ownApproval(broker, principal, id);
    judgings.set(id, await judgingOf(broker, answerer, before, challenge, words));
  }
  const votes = ids.map((approvalId) => ({
    approvalId,
    operatorId: principal.id,
    person: answerer.signer.person,
    decision,
    reason: answer.reason,
    ...(proven ? { proof: proven.proof } : {}),
  }));
  const refusals: Judgement[] = [];
  const judge = (vote: NewVote, now: VotedApproval) => {
    const judging = judgings.get(vote.approvalId);
    if (!judging) throw internal('an answer about what was not read');
    const judgement = judgeAnswer(vote, now, { ...judging, now: broker.clock.now() });
    if (judgement.refusal !== undefined) refusals.push(judgement);
    else broker.meter.count('approval', judgement.state ?? 'answered');
    // Nobody owns a change of the policy but its author, who looks at it.
    if (judgement.state === undefined || judging.tell.length === 0) return judgement;
    const notice = decidedNotice(broker, now.approval, judgement.state, judging.tell);
    return { ...judgement, notice };
  };
  const use = proven ? { challengeId: challenge?.id ?? '', passkey: proven.use } : undefined;
  const after = await broker.approvalVotes.answer(votes, use, judge);
  if (!after) throw approvalRefused('This challenge was used already.');
  if (refusals.length === ids.length) throw refusedBy(broker, after, refusals);
  return Promise.all(after.map((one) => viewOf(broker, principal, one)));
}

/** Nothing of the answer counted. */
function refusedBy(
  broker: Broker,
  after: readonly VotedApproval[],
  refusals: readonly Judgement[],
) {
  const state = after[0] && stateAt(after[0].approval, broker.clock.now());
  if (state !== undefined && state !== 'pending') return approvalOver(state);
  return approvalRefused(refusals[0]?.refusal ?? 'This answer does not count.');
}

/**
 * Verifies the signature: user verification included, over the challenge of exactly what was handed out.
 * @returns undefined for a denial without one
 */
async function prove(
  broker: Broker,
  principal: OperatorPrincipal,
  { assertion }: Answer,
  decision: VoteDecision,
  challenge: ApprovalChallenge | undefined,
): Promise<{ proof: NonNullable<NewVote['proof']>; use: PasskeyUse } | undefined> {
  if (!assertion || !challenge) {
    if (decision === 'deny') return undefined;
    throw approvalRefused('An approval is a signature: this has none.');
  }
  const signed: JsonObject = signedObject(broker.issuer, challenge);
  const found = await broker.passkeyStore.find(assertion.id);
  const passkey = found?.operatorId === principal.id ? found : undefined;
  const expected = { challenge: challengeOf(signed), passkey };
  const verdict = await broker.passkeys.verifyAssertion(assertion, expected);
  if (!verdict.ok || !passkey) {
    broker.meter.count('approval', verdict.ok ? 'credential' : verdict.reason);
    throw approvalRefused('The passkey did not sign this. Open the approval and try again.');
  }
  const { clientDataJSON, authenticatorData, signature } = assertion.response;
  return {
    proof: {
      challenge: signed,
      credentialId: passkey.id,
      assertion: {
        authenticator_data: authenticatorData,
        client_data_json: clientDataJSON,
        signature,
      },
    },
    use: { id: passkey.id, signCount: verdict.signCount, backedUp: verdict.backedUp },
  };
}

/** What an answer is judged by. Policy decides again here: its answer may be another than at the request. */
async function judgingOf(
  broker: Broker,
  { signer }: Answerer,
  voted: VotedApproval,
  challenge: ApprovalChallenge | undefined,
  words: Judging['sealed'],
): Promise<Judging & { readonly tell: readonly string[] }> {
  const { approval } = voted;
  const [signers, agent, superseded] = await Promise.all([
    broker.signers(),
    approval.agentId === undefined ? undefined : broker.directory.agent(approval.agentId),
    challenge?.decision === 'approve' ? recheckApproval(broker, approval) : undefined,
  ]);
  const item = challenge?.items.find(({ approval_id: id }) => id === approval.id);
  return {
    now: broker.clock.now(),
    signer,
    signers,
    question: questionOf(approval.requirements, agent?.owner, approval.authorId, signers),
    superseded,
    tell: agent ? [agent.owner] : [],
    signed: item && { operationDigest: item.operation_digest, termsDigest: item.terms_digest },
    sealed: words,
  };
}
