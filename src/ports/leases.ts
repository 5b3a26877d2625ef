import type { AuditDraft } from '../audit/entry.ts';
import type { Lease } from '../domain/lease.ts';
import type { RecordFilter } from './page.ts';
import type { WatchedLease } from './provider.ts';

export type NewLease = Pick<
  Lease,
  | 'id'
  | 'grantId'
  | 'taskId'
  | 'agentId'
  | 'resource'
  | 'scope'
  | 'outsideName'
  | 'server'
  | 'operationId'
  | 'createdAt'
  | 'expiresAt'
> & {
  readonly tokenJti: string;
  readonly statementTimeoutMs: number;
  /** Of the policy that decided. */
  readonly bundleVersion: number;
  /**
   * When the call to the provider is surely over. Ended before that, the lease is not revoked until then
   * or until `issueOver`: what is not there yet would pass for gone, and come into being afterwards.
   */
  readonly issueOverAt: number;
};

/** Leases at rest: intent first, then the world outside, then the record. */
export interface LeaseStore {
  /**
   * Transaction A: the row in state `reserved` and the entry "issuing".
   * @param limits live leases the grant and the agent may have
   * @throws leaseLimit | ended | stopped | agentSuspended; conflict when another bundle is active
   */
  reserve(
    lease: NewLease,
    limits: { grant: number; agent: number },
    entry: AuditDraft,
  ): Promise<Lease>;
  /** Transaction B. @returns false when the lease was ended meanwhile: hand nothing out */
  activate(
    id: string,
    credentialSha256: string,
    entry: AuditDraft,
    serverIdentity?: string,
  ): Promise<boolean>;
  /**
   * Records the provider's handle while a lease is being made, ended meanwhile or not: what exists outside
   * must be found again.
   * @returns false when the lease was ended meanwhile: nothing more is to be made for it
   */
  keepHandle(id: string, handle: string): Promise<boolean>;
  find(id: string): Promise<Lease | undefined>;
  list(filter: RecordFilter): Promise<Lease[]>;
  /** @returns undefined when no longer active */
  extend(id: string, expiresAt: number, entry: AuditDraft): Promise<Lease | undefined>;
  /** Live leases per resource with what the watchdog needs. */
  liveOn(resource: string): Promise<WatchedLease[]>;
  /** Resources that have leases not yet revoked. */
  resourcesInUse(): Promise<string[]>;
}

/** A lease to revoke, claimed by this process for a while. */
export interface ClaimedLease extends Lease {
  readonly revokeAcceptedAt: number;
}

/** How much may be claimed. */
export interface Room {
  /** Leases in all. */
  readonly limit: number;
  /** Of any one resource. */
  readonly each: number;
  /** Where it is less: leases under way there, or a resource that does not answer. */
  readonly at: ReadonlyMap<string, number>;
}

/** Leases of one resource that should be gone and are not. Times are Unix milliseconds. */
export interface Overdue {
  readonly resource: string;
  readonly count: number;
  /** Since when the oldest of them is overdue. */
  readonly since: number;
  /** Of the one that failed last. */
  readonly cause: string;
}

/** The queue of leases whose credential must die outside. */
export interface RevocationQueue {
  /**
   * Claims due leases for `claimMs`; another process may take them over after that. Resources take
   * turns, the oldest leases of each first, so that one with many keeps no other waiting.
   */
  claim(room: Room, claimMs: number): Promise<ClaimedLease[]>;
  claimOne(id: string, claimMs: number): Promise<ClaimedLease | undefined>;
  /** The call to the provider came back: what it left behind may be revoked at once. */
  issueOver(id: string): Promise<void>;
  /** First zero seen: recorded before the rest of the work. */
  recordDead(id: string, deadMs: number): Promise<void>;
  finish(id: string, entry: AuditDraft): Promise<{ unrecorded: AuditDraft[] }>;
  /**
   * Another try after `delayMs`; the lease shows as overdue with its cause.
   * @param entry appended when the lease was not overdue before
   */
  postpone(
    id: string,
    delayMs: number,
    cause: string,
    entry: AuditDraft,
  ): Promise<{ unrecorded: readonly AuditDraft[] }>;
  /**
   * Those that wait for a resource which does not answer are overdue too, untried as they are.
   * @param entry of each that was not overdue before
   */
  overdueAt(
    resource: string,
    cause: string,
    entry: (lease: Pick<Lease, 'id' | 'resource' | 'outsideName'>) => AuditDraft,
  ): Promise<{ unrecorded: readonly AuditDraft[] }>;
  /** Overdue leases by resource, the longest overdue first. */
  overdue(): Promise<Overdue[]>;
  /**
   * The other way out, for an overdue lease only: it ends as `abandoned`.
   * @returns undefined when it is not overdue
   */
  abandon(id: string, entry: AuditDraft): Promise<Lease | undefined>;
}
