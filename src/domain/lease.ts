import { isId } from './ids.ts';

/**
 * reserved → issuing happens outside → active → revoking → revoked.
 * A reservation whose issue failed goes to revoking too, since a crash may have left something outside.
 * The other way out of revoking is abandoned: an admin vouched for its end, no proof was seen.
 */
export const LEASE_STATES = ['reserved', 'active', 'revoking', 'revoked', 'abandoned'] as const;
export type LeaseState = (typeof LEASE_STATES)[number];

/** Our record of an issued credential. Times are Unix milliseconds of the database clock. */
export interface Lease {
  readonly id: string;
  readonly grantId: string;
  readonly taskId: string;
  readonly agentId: string;
  readonly resource: string;
  readonly scope: string;
  readonly state: LeaseState;
  /** Deterministic name outside, stored before anything is created there. */
  readonly outsideName: string;
  /** Where it is made: address and database, no secret. Absent on leases older than this record. */
  readonly server?: string;
  /** What that server says it is, where it can be read; learned when the credential is issued. */
  readonly serverIdentity?: string;
  /** What its provider recorded to find it again where the name alone is not enough; no secret. */
  readonly outsideHandle?: string;
  /** The broker's own: the role of this operation. Nobody is handed its credential. */
  readonly operationId?: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt?: number;
  readonly endReason?: string;
  /** Measured from the accepted revoke to the first count of zero sessions, in milliseconds. */
  readonly deadMs?: number;
  /** Set while revocation fails (and kept by an abandoned lease): since when it is overdue, how often it was tried, and the last cause. */
  readonly overdueSince?: number;
  readonly attempts: number;
  readonly lastError?: string;
}

/** The name of what a lease creates outside: it carries the installation's marker. */
export function outsideNameOf(installation: string, leaseId: string): string {
  return `cs_${installation}_${leaseId.slice('lse_'.length)}`;
}

/** The lease that a name outside belongs to; undefined when it is no name of this installation. */
export function leaseIdOf(installation: string, outsideName: string): string | undefined {
  const prefix = `cs_${installation}_`;
  if (!outsideName.startsWith(prefix)) return undefined;
  const id = `lse_${outsideName.slice(prefix.length)}`;
  return isId('lease', id) ? id : undefined;
}
