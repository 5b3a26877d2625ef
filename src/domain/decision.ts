/** Terms of a permit, read from its annotations (the closed vocabulary of the policy guide). */
export interface Terms {
  /** Shortest `@ttl` of the permits that matched, in seconds. */
  readonly ttlSeconds?: number;
  /** One entry per permit that asks for persons: each must be met on its own, from its own groups. */
  readonly approvals: readonly { rule: string; count: number; groups: readonly string[] }[];
  /** Leases one grant may hold at a time; 1 unless `@leases` raises it. */
  readonly leases: number;
  readonly mode?: 'login';
  readonly budget?: string;
  readonly notes: readonly string[];
}

export type DenyReason =
  /** no permit matched */
  | 'no_rule'
  /** a forbid matched */
  | 'forbidden'
  /** Cedar reported an error in a rule: a deny, since Cedar skips a forbid that errors */
  | 'policy_error'
  /** scope not in the active bundle */
  | 'unknown_scope'
  /** agent not known to the bundle's facts, or suspended */
  | 'unknown_agent';

/** What an agent that was refused may do instead. */
export interface Hint {
  readonly rule?: string;
  readonly alternatives?: readonly string[];
  readonly how?: string;
}

interface Decided {
  /** Version of the bundle that decided. */
  readonly bundleVersion: number;
  /** `@id` of the rules that determined the outcome, sorted. */
  readonly rules: readonly string[];
}

/** The outcome of a policy question: a value, never an exception. */
export type Decision =
  | (Decided & { readonly outcome: 'allow'; readonly terms: Terms })
  | (Decided & { readonly outcome: 'require_approval'; readonly terms: Terms })
  | (Decided & {
      readonly outcome: 'deny';
      readonly reason: DenyReason;
      /** Cedar's own words for `policy_error`; no agent text. */
      readonly errors: readonly string[];
    });
