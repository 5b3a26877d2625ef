import type { AuditDraft } from '../audit/entry.ts';
import type { StoreStanding, Suspicion, Witness, WitnessFacts } from '../domain/witness.ts';

/** A restored store, found out and not yet accepted. */
export interface Restore {
  readonly id: string;
  /** Unix milliseconds. */
  readonly detectedAt: number;
  readonly verdict: Suspicion;
  readonly witness: Witness;
  readonly headSeq: number;
  readonly stopId: string;
}

/** What lives in the store, whatever became of it since the backup. */
export interface Living {
  readonly tasks: number;
  readonly tokens: number;
  readonly leases: number;
}

/** The store's own side of noticing that it was restored. */
export interface RestoreStore {
  /** @param witnessSeq the entry whose hash is asked for */
  standing(witnessSeq: number): Promise<StoreStanding>;
  facts(): Promise<WitnessFacts>;
  living(): Promise<Living>;
  open(): Promise<Restore | undefined>;
  /**
   * Stops everything, ends no lease, and forgets operator tokens, since one may have come back.
   * Where a restore is open already nothing happens.
   */
  hold(
    restore: Omit<Restore, 'detectedAt'>,
    reason: string,
    entries: readonly AuditDraft[],
  ): Promise<{ readonly unrecorded: readonly AuditDraft[] }>;
  /** A new epoch begins and the stop is lifted. @returns false when it is not open any more */
  accept(
    restore: Restore,
    by: { readonly actor: string; readonly reason: string; readonly epoch: string },
    entries: readonly AuditDraft[],
  ): Promise<boolean>;
}

/** Where the witness is kept: not in the store, nor in its backups. */
export interface WitnessKeeper {
  /** As it was read at the start, or written last. */
  read(): Witness | undefined;
  /** Durable when it resolves. */
  write(witness: Witness): Promise<void>;
}
