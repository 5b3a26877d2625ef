import { createHash, randomBytes } from 'node:crypto';
import { canonicalJson } from '../audit/canonical.ts';
import { approvalOver, approvalRefused } from '../domain/approval-errors.ts';
import { type JsonObject, stateAt, type VoteDecision } from '../domain/approval.ts';
import { rateLimited } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import { mayApprove, mayDeny, type Signer } from '../domain/quorum.ts';
import type { ApprovalChallenge, VotedApproval } from '../ports/approvals.ts';
import type { CeremonyOptions } from '../ports/passkeys.ts';
import type { Broker } from './context.ts';
import { questionOf } from './question.ts';
import { ownApproval } from './read-approval.ts';

/** Milliseconds to look at the card and use the passkey. */
const CHALLENGE_MS = 120_000;
/** Challenges one operator may have open at once. */
const MOST_OPEN = 20;

export interface OpenedChallenge {
  readonly challenge: Omit<ApprovalChallenge, 'over'>;
  readonly publicKey: CeremonyOptions;
}

/** A person who is signed in: answers approvals. A bearer is nobody's signature. */
export interface Answerer {
  readonly signer: Signer;
  readonly sessionId: string;
}

/**
 * What is signed: the passkey's challenge is the SHA-256 over the RFC 8785 form of this (promise 7). Every
 * member is checked again when the answer comes, and kept with the vote.
 */
export function signedObject(
  iss: string,
  { items, operatorId, decision, nonce, expiresAt }: Omit<ApprovalChallenge, 'over'>,
): JsonObject {
  return {
    v: 1,
    iss,
    items: items.map((item) => ({ ...item })),
    approver: operatorId,
    decision,
    nonce,
    expires_at: new Date(expiresAt).toISOString(),
  };
}

/** The WebAuthn challenge of it, base64url. */
export function challengeOf(signed: JsonObject): string {
  return createHash('sha256').update(canonicalJson(signed)).digest('base64url');
}

/** @throws approvalRefused for a bearer, and for an operator without a passkey */
export async function answererOf(broker: Broker, principal: OperatorPrincipal): Promise<Answerer> {
  if (!principal.session) {
    throw approvalRefused('Approvals are answered by people who are signed in, not by a token.');
  }
  const signers = await broker.signers();
  const signer = signers.find(({ operatorId }) => operatorId === principal.id);
  if (!signer) throw approvalRefused('Register a passkey first: an approval is its signature.');
  return { signer, sessionId: principal.session.id };
}

/**
 * Hands out one challenge over the digests of all these approvals; a nonce for each operator and ceremony. Never
 * over a pattern: what comes later is asked anew.
 *
 * @param ids at most 20
 * @throws approvalRefused | approvalOver | notFound | rateLimited
 */
export async function openChallenge(
  broker: Broker,
  principal: OperatorPrincipal,
  { ids, decision }: { readonly ids: readonly string[]; readonly decision: VoteDecision },
): Promise<OpenedChallenge> {
  const { signer, sessionId } = await answererOf(broker, principal);
  const found = await Promise.all(
    [...new Set(ids)].sort().map((id) => ownApproval(broker, principal, id)),
  );
  for (const one of found) await refuseToAsk(broker, signer, one, decision);
  const allow = await broker.passkeyStore.listOf(principal.id);
  const expiresAt = Math.min(
    broker.clock.now() + CHALLENGE_MS,
    ...found.map(({ approval }) => approval.expiresAt),
  );
  const challenge = {
    id: broker.newId('challenge'),
    operatorId: principal.id,
    sessionId,
    decision,
    items: found.map(({ approval }) => ({
      approval_id: approval.id,
      operation_digest: approval.operationDigest,
      terms_digest: approval.termsDigest,
    })),
    nonce: randomBytes(32).toString('base64url'),
    expiresAt,
  };
  if (!(await broker.approvalVotes.addChallenge(challenge, MOST_OPEN))) throw rateLimited(10);
  const signed = challengeOf(signedObject(broker.issuer, challenge));
  const publicKey = await broker.passkeys.assertionOptions({ challenge: signed, allow });
  return { challenge, publicKey };
}

/** Nobody signs for what he may not answer, or what nobody can answer any more. */
async function refuseToAsk(
  broker: Broker,
  signer: Signer,
  { approval, votes }: VotedApproval,
  decision: VoteDecision,
): Promise<void> {
  const state = stateAt(approval, broker.clock.now());
  if (state !== 'pending') throw approvalOver(state);
  if (votes.some(({ operatorId }) => operatorId === signer.operatorId)) {
    throw approvalRefused('You have answered this already.');
  }
  if (decision === 'deny') {
    if (!mayDeny(signer)) throw approvalRefused('Only admins and approvers answer approvals.');
    return;
  }
  const owner = approval.agentId && (await broker.directory.agent(approval.agentId))?.owner;
  const signers = await broker.signers();
  const question = questionOf(approval.requirements, owner, approval.authorId, signers);
  const may = mayApprove(signer, question);
  if (!may.may) throw approvalRefused(may.why);
}
