import type { AuditDraft } from '../audit/entry.ts';
import type { Operator } from '../domain/operator.ts';
import type { NewPasskey } from './passkeys.ts';
import type { NewSession } from './sessions.ts';

/** A one-time link that is still good. */
export interface Link {
  readonly id: string;
  readonly kind: 'set_up' | 'invitation';
  readonly expiresAt: number;
  /** Whom it invites. */
  readonly operator?: Operator;
}

export interface LinkAcceptance {
  readonly linkId: string;
  readonly kind: Link['kind'];
  /** New for a set-up link, else the one invited. */
  readonly operator: Pick<Operator, 'id' | 'name' | 'email'>;
  readonly passkey: NewPasskey & { readonly name: string };
  readonly session: NewSession;
}

/** Set-up links and invitations at rest, by the SHA-256 of their secrets. */
export interface LinkStore {
  /** While it is good: not used, not expired, and for a set-up link, no passkey was ever registered. */
  find(sha256: Buffer): Promise<Link | undefined>;
  /**
   * The one set-up link, in place of those before.
   * @returns undefined once a passkey was registered
   */
  issueSetUp(
    link: {
      readonly id: string;
      readonly sha256: Buffer;
      readonly ttlSeconds: number;
      readonly createdBy: string;
    },
    entry: AuditDraft,
  ): Promise<{ readonly expiresAt: number } | undefined>;
  /** Uses the link up: operator, passkey and session come to be together, or none of them. */
  accept(
    acceptance: LinkAcceptance,
    entries: readonly AuditDraft[],
  ): Promise<'done' | 'link_invalid' | 'passkey_taken' | 'email_taken'>;
}
