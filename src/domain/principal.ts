import type { TokenRecord } from './grant.ts';

export type OperatorRole = 'admin' | 'approver' | 'auditor';

/** What a principal knows of the session it came by. */
export interface PrincipalSession {
  readonly id: string;
  /** Who is behind it, see `personOf`. */
  readonly person: string;
  readonly name: string;
  readonly email: string;
  /** Groups at the identity provider, as of the last sign-in there. */
  readonly oidcGroups: readonly string[];
  /** A passkey was used within the last five minutes, by the store's clock. */
  readonly steppedUp: boolean;
  readonly steppedUpUntil?: number;
}

/** Whoever was authenticated. */
export type Principal =
  | { readonly type: 'agent'; readonly id: string; readonly token: TokenRecord }
  | {
      readonly type: 'operator';
      readonly id: string;
      readonly role: OperatorRole;
      /** Absent for a bearer: `opr_host` is no person, and answers no approval. */
      readonly session?: PrincipalSession;
    }
  | { readonly type: 'resource_server'; readonly id: string; readonly audience: string };
export type AgentPrincipal = Extract<Principal, { type: 'agent' }>;
export type OperatorPrincipal = Extract<Principal, { type: 'operator' }>;
