import type { AuditDraft } from '../audit/entry.ts';
import type { Operator } from '../domain/operator.ts';

export interface Session {
  readonly id: string;
  readonly operatorId: string;
  readonly csrf: string;
  readonly method: 'passkey' | 'sso';
  readonly address: string;
  readonly userAgent: string;
  readonly createdAt: number;
  readonly seenAt: number;
  /** The absolute end. */
  readonly expiresAt: number;
  readonly steppedUp: boolean;
  readonly steppedUpUntil?: number;
}

/** A session to be made; its times come from the store's clock. */
export interface NewSession {
  readonly id: string;
  readonly sha256: Buffer;
  readonly csrf: string;
  readonly operatorId: string;
  readonly method: Session['method'];
  readonly passkeyId?: string | undefined;
  readonly address: string;
  readonly userAgent: string;
  /** Session of the same browser that this one replaces. */
  readonly replaces?: Buffer | undefined;
}

/** What a passkey said when it was used. */
export interface PasskeyUse {
  readonly id: string;
  readonly signCount: number;
  readonly backedUp: boolean;
}

/** Sessions of operators at rest. A session is good while its operator is active. */
export interface SessionStore {
  /** A live one with its operator; counts as use of it. */
  find(sha256: Buffer): Promise<{ session: Session; operator: Operator } | undefined>;
  /**
   * Makes a session by a passkey whose counter moved on.
   * @returns false when the passkey or its operator has ended meanwhile, or its counter did not move
   */
  signIn(session: NewSession, use: PasskeyUse, entry: AuditDraft): Promise<boolean>;
  /**
   * Gives the session a new secret and marks it as stepped up.
   * @returns false as `signIn` does, or when the session has ended
   */
  stepUp(
    to: { readonly id: string; readonly operatorId: string; readonly sha256: Buffer },
    use: PasskeyUse,
    entry: AuditDraft,
  ): Promise<boolean>;
  /** Live ones of an operator, newest first. */
  listOf(operatorId: string): Promise<Session[]>;
  end(
    id: string,
    reason: string,
    entry: AuditDraft,
  ): Promise<{ readonly found: boolean; readonly unrecorded: readonly AuditDraft[] }>;
  /** The operator id of a live session. */
  owner(id: string): Promise<string | undefined>;
}
