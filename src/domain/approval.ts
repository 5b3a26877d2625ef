import type { Effect } from './effect.ts';
import type { BlastRadius } from './operation.ts';
import type { JsonValue } from './strict-json.ts';

/** What persons are asked about: a grant, one operation, or a change of the rules. */
export const APPROVAL_KINDS = ['grant', 'operation', 'widening'] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];

export const APPROVAL_STATES = [
  'pending',
  'approved',
  'denied',
  'expired',
  'withdrawn',
  'superseded',
  'used',
] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** Persons that one rule asks for: `count` of them, from any of its groups (empty: any approver). */
export interface Requirement {
  readonly rule: string;
  readonly count: number;
  readonly groups: readonly string[];
}

export type VoteDecision = 'approve' | 'deny';

/** One operator's answer, as it counts. What proves it (challenge, assertion) is kept with it. */
export interface Vote {
  readonly operatorId: string;
  readonly operatorName: string;
  readonly decision: VoteDecision;
  /** Unix milliseconds. */
  readonly at: number;
  readonly reason?: string;
}

/** An object of JSON whose canonical bytes are what is signed. */
export type JsonObject = { readonly [name: string]: JsonValue };

/** What the card says beside the exact operation: facts of the server, and apart the agent's words. */
export interface ApprovalCard {
  readonly scope?: string;
  readonly resource?: string;
  readonly environment?: { readonly name: string; readonly protected: boolean };
  readonly effect: Effect;
  readonly reversibility: 'reversible' | 'irreversible' | 'unknown';
  /** What the provider would run or send, in its own words. */
  readonly plan: readonly string[];
  readonly blastRadius?: BlastRadius;
  readonly tables?: readonly string[];
  /** Hostile text: shown as the agent's own words, never as a fact. */
  readonly words: { readonly purpose?: string; readonly ticket?: string };
}

/** A question to persons about one grant, operation or widening. Times are Unix milliseconds. */
export interface Approval {
  readonly id: string;
  readonly kind: ApprovalKind;
  readonly state: ApprovalState;
  /** Who asks; absent for a widening. */
  readonly agentId?: string;
  readonly taskId?: string;
  /** The operator whose change this is; may not answer it. */
  readonly authorId?: string;
  readonly authorName?: string;
  /** RFC 8785 text of exactly what is approved; its SHA-256, lower-case hex. */
  readonly operation: string;
  readonly operationDigest: string;
  /** RFC 8785 text of the terms it is approved on: what must still hold when it is used. */
  readonly terms: string;
  readonly termsDigest: string;
  readonly requirements: readonly Requirement[];
  /** Resources it touches: a stop of one ends it. */
  readonly resources: readonly string[];
  readonly bundleVersion: number;
  readonly card: ApprovalCard;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** When it left `pending`. */
  readonly decidedAt?: number;
  readonly endReason?: string;
  /** What it was used for: the id of a grant, an operation or a bundle version. */
  readonly usedBy?: string;
}

/** Which states may follow. The first final one wins: nothing follows a final state. */
const NEXT: Readonly<Record<ApprovalState, readonly ApprovalState[]>> = {
  pending: ['approved', 'denied', 'expired', 'withdrawn', 'superseded'],
  approved: ['used', 'expired', 'withdrawn', 'superseded'],
  denied: [],
  expired: [],
  withdrawn: [],
  superseded: [],
  used: [],
};

export function mayFollow(from: ApprovalState, to: ApprovalState): boolean {
  return NEXT[from].includes(to);
}

/** Can this still be answered or used at `now` (Unix milliseconds of the database clock)? */
export function isOpen(approval: Pick<Approval, 'state' | 'expiresAt'>, now: number): boolean {
  return NEXT[approval.state].length > 0 && approval.expiresAt > now;
}

/** The state as of `now`: past its time, what was open is expired, whether or not a job said so. */
export function stateAt(
  approval: Pick<Approval, 'state' | 'expiresAt'>,
  now: number,
): ApprovalState {
  const over = NEXT[approval.state].length > 0 && approval.expiresAt <= now;
  return over ? 'expired' : approval.state;
}
