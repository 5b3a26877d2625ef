import { createHash } from 'node:crypto';
import { pollAnswer } from '../domain/approval-errors.ts';
import { stateAt, type Vote } from '../domain/approval.ts';
import {
  accessDenied,
  agentSuspended,
  conflict,
  ended,
  internal,
  invalidClient,
  stopped,
} from '../domain/errors.ts';
import type { PolledApproval, VotedApproval } from '../ports/approvals.ts';
import type { MintOutcome } from '../ports/ledger.ts';
import type { ClientAuthentication } from './authenticate-client.ts';
import type { Broker } from './context.ts';
import { refuseWhenStale } from './freshness.ts';
import { composeMint, type MintedToken } from './mint-token.ts';
import { recheckGrant, supersede } from './recheck-approval.ts';
import { type Authenticated, commitMint, lookAgain, type Mark, withAgent } from './with-agent.ts';

/** A poll as it came over the wire (CIBA Core §10.1). */
export interface PollRequest {
  readonly assertion: ClientAuthentication;
  readonly authReqId: string;
}

const TRIES = 4;

/**
 * Collects what persons approved: the token exactly once, whoever polls at the same time. Waiting, denied and
 * late requests answer as CIBA Core §11 says; what is final is answered at once, however fast the poll.
 *
 * @throws authorization_pending | slow_down | access_denied | expired_token | invalid_grant, and why
 *   nothing may be minted
 */
export async function collectGrant(broker: Broker, request: PollRequest): Promise<MintedToken> {
  refuseWhenStale(broker);
  const { assertion, authReqId } = request;
  const sha256 = createHash('sha256').update(authReqId).digest();
  return withAgent(broker, assertion, (client, mark) =>
    mintApproved(broker, client, { mark, assertion }, async (agentId) =>
      readState(broker, await broker.approvalPolls.poll(sha256, agentId)),
    ),
  );
}

/** Collects an approval that was found to be approved when the same was asked for again. */
export function collectApproved(
  broker: Broker,
  client: Authenticated,
  { approvalId, assertion }: { approvalId: string; assertion: ClientAuthentication },
): Promise<MintedToken> {
  const mark: Mark = { use: undefined };
  return mintApproved(broker, client, { mark, assertion }, async () =>
    readState(broker, await broker.approvals.find(approvalId)),
  );
}

async function mintApproved(
  broker: Broker,
  client: Authenticated,
  { mark, assertion }: { readonly mark: Mark; readonly assertion: ClientAuthentication },
  find: (agentId: string) => Promise<VotedApproval>,
): Promise<MintedToken> {
  let authenticated = client;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const approved = await find(authenticated.agent.id);
    const composed = await compose(broker, authenticated, approved, mark);
    const outcome = await commitMint(broker, composed.item, mark);
    if (outcome.kind === 'committed') return composed.release();
    if (outcome.kind !== 'changed') throw refusedBy(outcome);
    authenticated = await lookAgain(broker, authenticated, assertion);
  }
  throw conflict('Policy or agent kept changing during this request. Try again.');
}

/** The approval, once it is approved; anything else is thrown as the answer to the poll. */
function readState(
  broker: Broker,
  polled:
    | (VotedApproval & Partial<Pick<PolledApproval, 'tooSoon' | 'intervalSeconds'>>)
    | undefined,
): VotedApproval {
  if (!polled || polled.approval.kind !== 'grant') throw pollAnswer('invalid_grant');
  const { approval, votes, tooSoon, intervalSeconds } = polled;
  const state = stateAt(approval, broker.clock.now());
  switch (state) {
    case 'approved':
      return polled;
    case 'pending':
      throw pollAnswer(tooSoon ? 'slow_down' : 'authorization_pending', intervalSeconds);
    case 'expired':
      throw pollAnswer('expired_token');
    case 'used':
      throw pollAnswer('invalid_grant');
    case 'denied':
      throw deniedBy(votes);
    case 'withdrawn':
    case 'superseded':
      throw over(state, approval.endReason);
  }
}

function deniedBy(votes: readonly Vote[]) {
  const reason = votes.find(({ decision }) => decision === 'deny')?.reason;
  return accessDenied(`A person denied this${reason === undefined ? '.' : `: ${reason}`}`, {
    how: 'Ask for less, or talk to whoever said no.',
  });
}

function over(state: 'withdrawn' | 'superseded', reason = '') {
  return accessDenied(`This request was ${state} (${reason}).`, {
    how: 'Ask for the token again if it is still needed: a person will be asked anew.',
  });
}

async function compose(
  broker: Broker,
  { agent, provenBy }: Authenticated,
  { approval, votes }: VotedApproval,
  mark: Mark,
) {
  const checked = await recheckGrant(broker, agent, approval, votes);
  if ('superseded' in checked) {
    await supersede(broker, approval.id, checked.superseded);
    throw over('superseded', checked.superseded);
  }
  return composeMint(broker, {
    agent,
    task: checked.task,
    isNew: false,
    proof: { provenBy, use: mark.use },
    decision: checked.decision,
    target: checked.audience,
    now: broker.clock.now(),
    approval,
  });
}

function refusedBy(outcome: Exclude<MintOutcome, { kind: 'committed' | 'changed' }>) {
  switch (outcome.kind) {
    case 'replayed':
      return invalidClient();
    case 'suspended':
      return agentSuspended();
    case 'stopped':
      return stopped(outcome.what, outcome.stopId);
    case 'task_ended':
      return ended('task');
    case 'approval_over':
      return pollAnswer('invalid_grant');
    default:
      return internal(outcome satisfies never);
  }
}
