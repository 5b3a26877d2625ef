import type { AuditDraft } from '../audit/entry.ts';
import type { Operation, OperationState } from '../domain/operation.ts';
import type { NewLease } from './leases.ts';

export type NewOperation = Omit<
  Operation,
  'state' | 'leaseId' | 'transaction' | 'counts' | 'reason' | 'startedAt' | 'deadlineAt' | 'endedAt'
> & {
  readonly tokenJti: string;
  /** The exact operation, sealed. */
  readonly sealed: string;
};

/** What begins an execution: the lease it runs under, and the approval it uses up. */
export interface OperationStart {
  readonly id: string;
  readonly lease: NewLease;
  /** Live leases the agent may have. */
  readonly leases: number;
  readonly deadlineAt: number;
  readonly approval?: {
    readonly id: string;
    readonly operationDigest: string;
    readonly termsDigest: string;
  };
  readonly entries: readonly AuditDraft[];
}

/** What is on record before COMMIT is sent. */
export interface Committing {
  readonly transaction?: string;
  readonly counts: Readonly<Record<string, number>>;
  /** Absent where nothing was answered. */
  readonly result?: { readonly sealed: string; readonly expiresAt: number };
}

export type OperationEnd = Extract<
  OperationState,
  'succeeded' | 'rolled_back' | 'failed' | 'superseded' | 'unknown'
>;

/** Operations at rest. What ends wakes whoever waits for it. */
export interface OperationStore {
  /** @returns the same one where it waits for its approval already */
  submit(operation: NewOperation, entry: AuditDraft): Promise<Operation>;
  /** While it waits, its state is what became of its approval. */
  find(id: string): Promise<Operation | undefined>;
  /** One that waits for its approval and is the same operation of the same task. */
  pending(of: Pick<Operation, 'agentId' | 'taskId' | 'digest'>): Promise<Operation | undefined>;
  /** The sealed operation; undefined once it is over. */
  sealed(id: string): Promise<string | undefined>;
  /**
   * In one transaction: the operation is executing, its approval is used, its lease is reserved. Of all who
   * try, in whichever process, one succeeds.
   * @returns false when it did not wait any more, or its approval is no longer approved
   * @throws leaseLimit | ended | stopped | agentSuspended; conflict when another bundle is active
   */
  start(start: OperationStart): Promise<boolean>;
  /** @returns false when it or its lease was ended meanwhile: then it must not be committed */
  committing(id: string, about: Committing): Promise<boolean>;
  /** Ends what waits or runs. @returns false when it had ended before */
  finish(
    id: string,
    end: {
      readonly state: OperationEnd;
      readonly reason?: string;
      readonly counts?: Operation['counts'];
    },
    entry: AuditDraft,
  ): Promise<boolean>;
  /** Gives the sealed result out, once. */
  takeResult(id: string, entry: AuditDraft): Promise<string | undefined>;
  /** Executing past their time, or without a living lease: whoever ran them may be gone. */
  unresolved(limit: number): Promise<Operation[]>;
  /** Keeps what became of approvals, ends what was never begun, and drops results past their time. */
  settle(): Promise<void>;
}
