/**
 * reserved → issuing happens outside → active → revoking → revoked.
 * A reservation whose issue failed goes to revoking too, since a crash may have left something outside.
 */
export const LEASE_STATES = ['reserved', 'active', 'revoking', 'revoked'] as const;
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
  /** What its provider recorded to find it again where the name alone is not enough; no secret. */
  readonly outsideHandle?: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt?: number;
  readonly endReason?: string;
  /** Measured from the accepted revoke to the first count of zero sessions, in milliseconds. */
  readonly deadMs?: number;
  /** Set while revocation fails: since when it is overdue, how often it was tried, and the last cause. */
  readonly overdueSince?: number;
  readonly attempts: number;
  readonly lastError?: string;
}
