import type { AuditDraft } from '../audit/entry.ts';
import type { Lease } from '../domain/lease.ts';
import type { RecordFilter } from './page.ts';

export type NewLease = Pick<
  Lease,
  | 'id'
  | 'grantId'
  | 'taskId'
  | 'agentId'
  | 'resource'
  | 'scope'
  | 'outsideName'
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
  activate(id: string, credentialSha256: string, entry: AuditDraft): Promise<boolean>;
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
  liveOn(resource: string): Promise<{ outsideName: string; statementTimeoutMs: number }[]>;
  /** Resources that have leases not yet revoked. */
  resourcesInUse(): Promise<string[]>;
  overdueCount(): Promise<number>;
}

/** A lease to revoke, claimed by this process for a while. */
export interface ClaimedLease extends Lease {
  readonly revokeAcceptedAt: number;
}

/** The queue of leases whose credential must die outside. */
export interface RevocationQueue {
  /**
   * Claims up to `limit` due leases for `claimMs`; another process may take them over after that.
   * @param except resources to leave out
   */
  claim(limit: number, claimMs: number, except: readonly string[]): Promise<ClaimedLease[]>;
  claimOne(id: string, claimMs: number): Promise<ClaimedLease | undefined>;
  /** The call to the provider came back: what it left behind may be revoked at once. */
  issueOver(id: string): Promise<void>;
  /** First zero seen: recorded before the rest of the work. */
  recordDead(id: string, deadMs: number): Promise<void>;
  finish(id: string, entry: AuditDraft): Promise<{ unrecorded: AuditDraft[] }>;
  /** Another try after `delayMs`; the lease shows as overdue with its cause. */
  postpone(id: string, delayMs: number, cause: string): Promise<void>;
  /** Milliseconds until the next one is due, undefined when the queue is empty. */
  nextDue(): Promise<number | undefined>;
}
