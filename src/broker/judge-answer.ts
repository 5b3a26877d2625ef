import type { AuditDetail, AuditDraft } from '../audit/entry.ts';
import { type JsonObject, stateAt } from '../domain/approval.ts';
import {
  isMet,
  isSamePerson,
  mayApprove,
  mayDeny,
  type Question,
  type Signer,
  standingOf,
} from '../domain/quorum.ts';
import type { NewVote, Verdict, VotedApproval } from '../ports/approvals.ts';

/** What an answer is judged by; everything that takes time was found out before the rows were locked. */
export interface Judging {
  readonly now: number;
  readonly signer: Signer;
  /** Everybody who may answer, as they are now: what was signed before counts by these. */
  readonly signers: readonly Signer[];
  readonly question: Question;
  /** Why policy would not allow it any more. */
  readonly superseded?: string | undefined;
  /** Digests as they were signed. */
  readonly signed?: { readonly operationDigest: string; readonly termsDigest: string } | undefined;
  /** Of the entry: the person and his words, sealed. */
  readonly sealed: AuditDetail;
}

/** What becomes of an approval by one answer, or why the answer does not count. */
export type Judgement = Verdict & { readonly refusal?: string };

/**
 * Judges one answer, with the approval and its votes under lock. The first final state wins; one no is final;
 * a yes counts once for a person, and completes what it completes only if policy still says so.
 */
export function judgeAnswer(
  vote: NewVote,
  { approval, votes }: VotedApproval,
  judging: Judging,
): Judgement {
  const { signer, question, signers, superseded, signed } = judging;
  const state = stateAt(approval, judging.now);
  if (state !== 'pending') return no(`It is ${state}.`);
  if (signed?.operationDigest !== approval.operationDigest && vote.decision === 'approve') {
    return no('It is not what was signed.');
  }
  if (signed && signed.termsDigest !== approval.termsDigest) return no('Its terms are others.');
  const answered = answeredEntry(vote, approval, judging.sealed);
  if (vote.decision === 'deny') {
    if (!mayDeny(signer)) return no('Only admins and approvers answer approvals.');
    const entries = [answered, decided(approval.id, 'denied')];
    return { keep: true, state: 'denied', endReason: 'denied', entries };
  }
  const may = mayApprove(signer, question);
  if (!may.may) return no(may.why);
  const before = votes.filter(({ decision }) => decision === 'approve');
  const others = signers.filter((one) => before.some((it) => it.operatorId === one.operatorId));
  if (before.some((one) => one.operatorId === signer.operatorId)) {
    return no('You have answered this already.');
  }
  if (others.some((one) => isSamePerson(one, signer))) {
    return no('You have answered this already, with another account.');
  }
  if (superseded !== undefined) {
    const entries = [answered, decided(approval.id, 'superseded', superseded)];
    return { keep: true, state: 'superseded', endReason: superseded, entries };
  }
  if (!isMet(standingOf(question, [...others, signer]))) return { keep: true, entries: [answered] };
  return { keep: true, state: 'approved', entries: [answered, decided(approval.id, 'approved')] };
}

const no = (refusal: string): Judgement => ({ keep: false, entries: [], refusal });

function decided(
  id: string,
  state: 'approved' | 'denied' | 'superseded',
  reason?: string,
): AuditDraft {
  const detail = reason === undefined ? {} : { reason };
  return { actor: 'broker', action: `approval.${state}`, subject: id, detail };
}

/** Everything that a verifier of the export needs; the key itself is in the entry of its registration. */
function answeredEntry(
  { operatorId, approvalId, decision, proof }: NewVote,
  { operationDigest, termsDigest }: VotedApproval['approval'],
  sealed: AuditDetail,
): AuditDraft {
  const signed: AuditDetail = proof
    ? {
        challenge: proof.challenge as JsonObject,
        credential_id: proof.credentialId,
        assertion: proof.assertion,
      }
    : {};
  return {
    actor: operatorId,
    action: 'approval.answered',
    subject: approvalId,
    detail: {
      decision,
      operation_digest: operationDigest,
      terms_digest: termsDigest,
      ...signed,
      ...sealed,
    },
  };
}
