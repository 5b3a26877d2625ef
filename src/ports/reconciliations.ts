import type { AuditDraft } from '../audit/entry.ts';
import type { Lease } from '../domain/lease.ts';

/** What the store knows of a name at a resource. */
export type Known = Pick<Lease, 'id' | 'outsideName' | 'resource' | 'state' | 'endedAt'>;

/** A name that was left alone, and why. */
export interface LeftAlone {
  readonly name: string;
  readonly why: 'unknown' | 'not_ours' | 'abandoned';
}

/** What the last comparison of a resource with the leases found; `at` in Unix milliseconds. */
export interface Reconciliation {
  readonly resource: string;
  readonly at: number;
  readonly owned: number;
  /** Alive there although ended here: given to the queue again. */
  readonly removed: number;
  /** Alive here, gone there: ended. */
  readonly missing: number;
  readonly leftAlone: number;
  /** The first of them. */
  readonly names: readonly LeftAlone[];
}

/** The store's side of a comparison with what is at a resource. */
export interface Reconciliations {
  known(outsideNames: readonly string[]): Promise<Known[]>;
  /** Of these lease ids, those that the audit has an issue of; leases leave the store, entries don't. */
  everIssued(leaseIds: readonly string[]): Promise<string[]>;
  /** Active leases of the resource that were made before a time, by id, after one. */
  activePage(
    resource: string,
    madeBefore: number,
    afterId: string,
    limit: number,
  ): Promise<Pick<Lease, 'id' | 'outsideName'>[]>;
  /** Revoked leases that are alive after all go to `revoking` again. @returns those that did */
  reopen(
    leaseIds: readonly string[],
    reason: string,
    entry: (reopened: readonly string[]) => AuditDraft,
  ): Promise<string[]>;
  /** What was ours and has no row gets one, in `revoking`: the queue sees to it, retries and all. */
  adopt(
    leases: readonly {
      readonly id: string;
      readonly outsideName: string;
      readonly madeAt: number;
    }[],
    resource: string,
    reason: string,
    entry: (adopted: readonly string[]) => AuditDraft,
  ): Promise<string[]>;
  keep(result: Omit<Reconciliation, 'at'>): Promise<void>;
  list(): Promise<Reconciliation[]>;
}
