import type { AuditDraft } from '../audit/entry.ts';
import type {
  Approval,
  ApprovalKind,
  ApprovalState,
  Vote,
  VoteDecision,
} from '../domain/approval.ts';
import type { NoticeDraft } from '../domain/notice.ts';
import type { Task } from '../domain/task.ts';
import type { RevocableTarget } from './endings.ts';
import type { AssertionUse } from './ledger.ts';
import type { Page } from './page.ts';
import type { PasskeyUse } from './sessions.ts';
import type { NewTask } from './tasks.ts';

export type NewApproval = Omit<
  Approval,
  'state' | 'decidedAt' | 'endReason' | 'usedBy' | 'createdAt' | 'expiresAt' | 'authorName'
>;

export interface ApprovalRequest {
  readonly approval: NewApproval;
  /** Of the agent that asks, as it was decided about. */
  readonly agentVersion?: number | undefined;
  readonly ttlMs: number;
  /** Pending approvals one agent, or one author, may have. */
  readonly limit: number;
  /** A task that this request opens, with its entry. */
  readonly open?: { readonly task: NewTask; readonly entry: AuditDraft };
  /** Marked in the same transaction. */
  readonly assertion?: AssertionUse | undefined;
  /** SHA-256 of what the client will poll with, and its first pace. */
  readonly poll?: { readonly sha256: Buffer; readonly intervalSeconds: number };
  /** Who is told, where it is new. */
  readonly notice: NoticeDraft;
  /** The entry where the store finds a reason to refuse. */
  readonly refusal?: (reason: string) => AuditDraft;
  /** Told when it ends, by the clock of the database. */
  readonly entry: (expiresAt: number) => AuditDraft;
}

export type RequestedApproval =
  /** `again`: it was pending already, and nothing but the poll was added. */
  | { readonly kind: 'pending'; readonly approval: Approval; readonly again: boolean }
  | { readonly kind: 'replayed' | 'suspended' | 'task_ended' | 'changed' }
  | { readonly kind: 'stopped'; readonly stopId: string; readonly what: string }
  | { readonly kind: 'too_many'; readonly limit: number };

export interface ApprovalFilter extends Page {
  readonly state?: ApprovalState | undefined;
  readonly kind?: ApprovalKind | undefined;
  readonly agentId?: string | undefined;
  readonly taskId?: string | undefined;
}

export interface VotedApproval {
  readonly approval: Approval;
  readonly votes: readonly Vote[];
  /** Of its task, what the broker knows. */
  readonly task?: Pick<Task, 'openedBy' | 'verifiedTicket'>;
}

/** Approvals at rest. Each change commits with its audit entry and wakes whoever waits for it. */
export interface ApprovalStore {
  /** Agent, task, stops and bundle are read again under lock, as in a mint. */
  request(request: ApprovalRequest): Promise<RequestedApproval>;
  find(id: string): Promise<VotedApproval | undefined>;
  list(filter: ApprovalFilter): Promise<VotedApproval[]>;
  /**
   * Ends one that is pending or approved.
   * @returns false when it had ended, or been used, before
   */
  end(
    id: string,
    to: 'withdrawn' | 'superseded',
    reason: string,
    entry: AuditDraft,
  ): Promise<boolean>;
  /**
   * Ends what is open below a target that was ended or stopped: a narrowing, at most 500 a call.
   * @returns whether there may be more, and entries the audit could not take
   */
  endBelow(
    target: RevocableTarget,
    reason: string,
    actor: string,
  ): Promise<{ readonly more: boolean; readonly unrecorded: readonly AuditDraft[] }>;
  /** Marks what is past its time, and ends what lost its agent, task or resource; until nothing is due. */
  expire(): Promise<readonly AuditDraft[]>;
}

/** What an operator is about to sign for. */
export interface ApprovalChallenge {
  readonly id: string;
  readonly operatorId: string;
  readonly sessionId: string;
  readonly decision: VoteDecision;
  readonly items: readonly ApprovalItem[];
  /** 32 random bytes, base64url. */
  readonly nonce: string;
  readonly expiresAt: number;
  /** Used, or past its time. */
  readonly over: boolean;
}

/** One thing under a signature. A type, so that it is JSON as well. */
export type ApprovalItem = {
  readonly approval_id: string;
  readonly operation_digest: string;
  readonly terms_digest: string;
};

/** An answer to one approval, ready to be kept. */
export interface NewVote {
  readonly approvalId: string;
  readonly operatorId: string;
  readonly person: string;
  readonly decision: VoteDecision;
  readonly reason?: string | undefined;
  /** What proves it; absent for a denial without a signature. */
  readonly proof?: {
    readonly challenge: Readonly<Record<string, unknown>>;
    readonly credentialId: string;
    readonly assertion: Readonly<Record<string, string>>;
  };
}

/** What the transaction that keeps a vote is told to do, once it has read the votes under lock. */
export interface Verdict {
  /** Keep the vote? */
  readonly keep: boolean;
  /** The state it moves to; undefined: stays pending. */
  readonly state?: 'approved' | 'denied' | 'superseded';
  readonly endReason?: string;
  readonly notice?: NoticeDraft;
  readonly entries: readonly AuditDraft[];
}

export interface ApprovalVotes {
  /** @returns false where the operator has `limit` of them open already */
  addChallenge(challenge: Omit<ApprovalChallenge, 'over'>, limit: number): Promise<boolean>;
  findChallenge(id: string): Promise<ApprovalChallenge | undefined>;
  /**
   * Keeps votes: locks the approvals in the order of their ids, hands each with its votes to `judge`, and does what
   * that says; marks challenge and passkey as used. All in one transaction.
   * @returns the approvals as they are now; undefined when the challenge had been used before, or the passkey's
   *   counter did not move
   */
  answer(
    votes: readonly NewVote[],
    use: { readonly challengeId: string; readonly passkey: PasskeyUse } | undefined,
    judge: (vote: NewVote, now: VotedApproval) => Verdict,
  ): Promise<readonly VotedApproval[] | undefined>;
}

export interface PolledApproval extends VotedApproval {
  /** Asked again before its interval was over: that grows by 5 s. Only while it is pending. */
  readonly tooSoon: boolean;
  readonly intervalSeconds: number;
}

/** Clients that collect what was approved. */
export interface ApprovalPolls {
  /** The approval behind an `auth_req_id` of that agent; counts the poll while it is pending. */
  poll(sha256: Buffer, agentId: string): Promise<PolledApproval | undefined>;
}
