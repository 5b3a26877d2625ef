import type { Requirement } from './approval.ts';

/** The durable record: this task has these scopes until then. */
export interface Grant {
  readonly id: string;
  readonly taskId: string;
  readonly agentId: string;
  readonly scopes: readonly string[];
  /** The resources of those scopes, each once. */
  readonly resources: readonly string[];
  /** `aud` of tokens of this grant. */
  readonly audience: string;
  readonly bundleVersion: number;
  /** `@id` of the rules that allowed it. */
  readonly rules: readonly string[];
  /** By which approval, and what persons were asked for; absent where nobody had to be. */
  readonly approval?: { readonly id: string; readonly requirements: readonly Requirement[] };
  /** Leases it may hold at a time. */
  readonly leases: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt?: number;
  readonly endReason?: string;
}

/** Record of a minted token; the token itself is kept nowhere. */
export interface TokenRecord {
  readonly jti: string;
  readonly grantId?: string;
  readonly taskId?: string;
  readonly agentId: string;
  /** Which credential of the agent authenticated the request: the token ends with it. Written, not read back. */
  readonly provenBy?: string;
  /** Space-separated, as in the claim; empty for a token without scopes. */
  readonly scope: string;
  readonly audience: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly revokedAt?: number;
}
