import type { AuditDraft } from '../audit/entry.ts';
import type { Grant, TokenRecord } from '../domain/grant.ts';
import type { NewTask, TokenStatus } from './tasks.ts';

/** A verified client assertion, to be marked as used: `(clientId, jti)` once for ever. */
export interface AssertionUse {
  readonly clientId: string;
  readonly jti: string;
  readonly expiresAt: number;
}

/** What one mint wants to commit. Everything in it was decided under `bundleVersion`. */
export interface MintItem {
  /** Absent when this is a second try and the assertion was marked by the first. */
  readonly assertion?: AssertionUse | undefined;
  readonly agentId: string;
  readonly agentVersion: number;
  readonly bundleVersion: number | undefined;
  /** A task to open, or the id of one to continue. */
  readonly task?: { readonly open: NewTask } | { readonly continue: string };
  readonly grant?: Omit<Grant, 'endedAt' | 'endReason'>;
  /**
   * What persons approved, to be used up by exactly this: only if it is approved and open still, asked by
   * this agent, and about these digests.
   */
  readonly approval?: {
    readonly id: string;
    readonly operationDigest: string;
    readonly termsDigest: string;
    readonly usedBy: string;
    readonly entry: AuditDraft;
  };
  /** Absent when the request was denied and only the refusal is to be recorded. */
  readonly token?: TokenRecord;
  readonly entry: AuditDraft;
  /** The entry instead of `entry` when the store finds a reason to refuse. */
  readonly refusal: (reason: string) => AuditDraft;
}

export type MintOutcome =
  | { readonly kind: 'committed' }
  /** The assertion had been used: nothing else was written. */
  | { readonly kind: 'replayed' }
  /** Agent or bundle changed since the decision: decide again. The assertion is marked. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'suspended' }
  | { readonly kind: 'stopped'; readonly stopId: string; readonly what: string }
  | { readonly kind: 'task_ended' }
  /** The approval was used before, or has ended. */
  | { readonly kind: 'approval_over' };

/**
 * Where mints become durable. Items of concurrent callers share a transaction (group commit), each
 * waits for its own durability, and a bad one fails alone. Agent, task, stops and bundle are read
 * again under lock.
 */
export interface Ledger {
  mint(item: MintItem): Promise<MintOutcome>;
  /** Marks the assertion; for requests that mint nothing. @returns false when it had been used */
  useAssertion(use: AssertionUse): Promise<boolean>;
  /** Both in one go: marks the assertion and reads where a token stands. */
  introspect(
    use: AssertionUse,
    jti: string | undefined,
  ): Promise<{ readonly fresh: boolean; readonly status: TokenStatus | undefined }>;
}
