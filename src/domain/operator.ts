import type { OperatorRole } from './principal.ts';

export type OperatorState = 'invited' | 'active' | 'removed';

/** Who the identity provider says somebody is, as of the last sign-in there. */
export interface OidcPerson {
  readonly iss: string;
  readonly sub: string;
  readonly groups: readonly string[];
}

/** A human with a console account. */
export interface Operator {
  readonly id: string;
  readonly name: string;
  /** Vouched for by who invited, or verified by the identity provider; lower case. */
  readonly email: string;
  readonly oidc?: OidcPerson;
  readonly role: OperatorRole;
  /** The identity provider's groups say the role, at each sign-in; an admin cannot. */
  readonly roleFromSso: boolean;
  readonly state: OperatorState;
  /** The operator who invited, or `opr_host`; absent for the first admin and for who came by single sign-on. */
  readonly invitedBy?: string;
  readonly createdAt: number;
}

/** An operator's passkey. Its id is the credential id, base64url. */
export interface Passkey {
  readonly id: string;
  readonly operatorId: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  readonly signCount: number;
  /** Whether it may be copied to other devices (BE); does not change in its life. */
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
  readonly transports: readonly string[];
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
  readonly removedAt?: number;
}

/**
 * Who an operator is. Two accounts of one person are one person: what counts persons compares this,
 * and the operator id besides.
 */
export function personOf(operator: Pick<Operator, 'email' | 'oidc'>): string {
  const { oidc, email } = operator;
  return oidc ? `oidc:${oidc.iss}|${oidc.sub}` : `email:${email.toLowerCase()}`;
}
