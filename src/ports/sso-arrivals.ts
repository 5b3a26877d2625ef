import type { AuditDraft } from '../audit/entry.ts';
import type { OidcPerson, Operator } from '../domain/operator.ts';
import type { OperatorRole } from '../domain/principal.ts';
import type { NewSession } from './sessions.ts';

/** Who came by single sign-on, as the identity provider vouches for it. */
export interface SsoArrival {
  /** For an operator that is new. */
  readonly id: string;
  readonly oidc: OidcPerson;
  /** Lower case, verified by the provider; undefined where it says of none. */
  readonly email: string | undefined;
  readonly name: string;
  /** What the groups give; undefined: nothing. */
  readonly role: OperatorRole | undefined;
}

/** How an arrival was recognised. */
export interface Arrived {
  readonly operator: Operator;
  readonly how: 'known' | 'linked' | 'new';
  readonly before: Operator | undefined;
}

/** Operators who come by single sign-on, at rest. */
export interface SsoArrivals {
  /**
   * Recognises an operator by (iss, sub), else by a verified e-mail that nobody else proved, else makes one;
   * takes over groups and, where the groups say it, the role; and opens a session.
   * @returns undefined for whoever may not come in: removed, without a role, or of no verified e-mail
   */
  arrive(
    arrival: SsoArrival,
    session: Omit<NewSession, 'operatorId'>,
    entries: (arrived: Arrived) => readonly AuditDraft[],
  ): Promise<Operator | undefined>;
}
