import type { AuditDraft } from '../audit/entry.ts';
import type { NoticeDraft } from '../domain/notice.ts';

/** What an operator, or whoever holds it, may end. */
export type RevocableTarget =
  | {
      readonly kind: 'agent' | 'task' | 'grant' | 'token' | 'lease' | 'resource';
      readonly id: string;
    }
  | { readonly kind: 'all' };

/**
 * What a cascade ends the rest of. `proofs`: what an agent's lost keys and secrets had proven; the id is
 * the agent's, and its root is marked where the credential is taken away.
 */
export type EndTarget = RevocableTarget | { readonly kind: 'proofs'; readonly id: string };

/** Whose rest a step ends, why, and who wanted it. */
export interface CascadeStep {
  readonly target: EndTarget;
  readonly reason: string;
  readonly actor: string;
}

export interface Ending {
  readonly target: RevocableTarget;
  readonly reason: string;
  readonly actor: string;
  /** State of a task that ends. */
  readonly taskState: 'closed' | 'expired';
  /** Id of the stop to place, for agent, resource and all. */
  readonly stopId?: string;
  /** What people are told, where there is something to tell. */
  readonly notice?: NoticeDraft;
  readonly entries: readonly AuditDraft[];
}

/** What one step of a cascade ended. */
export interface EndedStep {
  readonly grants: number;
  readonly tokens: number;
  readonly leases: readonly string[];
  /** Nothing live was left below the target. */
  readonly done: boolean;
  /** Entries the audit could not take: to be journaled. */
  readonly unrecorded: readonly AuditDraft[];
}

/**
 * Narrowing: always possible, even when the audit cannot take the entry (then the entry comes back as
 * `unrecorded`). `begin` marks the root and is enough to make everything below it refuse; `step`
 * then ends what hangs below, at most 500 rows a transaction.
 */
export interface EndingStore {
  begin(
    ending: Ending,
  ): Promise<{ readonly found: boolean; readonly unrecorded: readonly AuditDraft[] }>;
  step(
    ending: CascadeStep,
    entry: (ended: { grants: number; tokens: number; leases: readonly string[] }) => AuditDraft,
  ): Promise<EndedStep>;
  /** Ends due tasks, grants and leases and leases stuck in `reserved`; pages until nothing is due. */
  expire(reservedForMs: number): Promise<readonly AuditDraft[]>;
  /** Roots that were ended but still have live rows below (a crash in a cascade). */
  unfinished(): Promise<readonly EndTarget[]>;
}
