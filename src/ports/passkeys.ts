import type { AuditDraft } from '../audit/entry.ts';
import type { Operator, Passkey } from '../domain/operator.ts';
import type { JsonValue } from '../domain/strict-json.ts';

/** Why a passkey's answer was refused. For the record and for tests: callers are told one thing only. */
export type PasskeyRefusal =
  | 'malformed'
  | 'type'
  | 'challenge'
  | 'origin'
  | 'cross_origin'
  | 'rp'
  | 'user_presence'
  | 'user_verification'
  | 'backup_flags'
  | 'sign_count'
  | 'user_handle'
  | 'credential'
  | 'algorithm'
  | 'signature';

/** What a registration told about the new passkey. */
export type NewPasskey = Pick<
  Passkey,
  'id' | 'publicKey' | 'signCount' | 'backupEligible' | 'backedUp' | 'transports'
>;

export type RegistrationVerdict =
  | { readonly ok: true; readonly passkey: NewPasskey }
  | { readonly ok: false; readonly reason: PasskeyRefusal };

export type AssertionVerdict =
  | { readonly ok: true; readonly signCount: number; readonly backedUp: boolean }
  | { readonly ok: false; readonly reason: PasskeyRefusal };

/** Options for the browser, in the JSON form of WebAuthn Level 3 §5.1.8. */
export type CeremonyOptions = { readonly [name: string]: JsonValue };

/**
 * WebAuthn for this issuer: its origin and its host as RP id. User verification is always required.
 * Challenges are base64url.
 */
export interface Passkeys {
  /** Why passkeys cannot work under this issuer; undefined where they can. */
  readonly problem: string | undefined;
  registrationOptions(request: {
    readonly challenge: string;
    readonly operator: Pick<Operator, 'id' | 'name' | 'email'>;
    /** Credential ids that the operator has already. */
    readonly exclude: readonly string[];
  }): Promise<CeremonyOptions>;
  verifyRegistration(response: unknown, challenge: string): Promise<RegistrationVerdict>;
  /** @param allow nobody's: whoever has a discoverable passkey may answer */
  assertionOptions(request: {
    readonly challenge: string;
    readonly allow?: readonly Pick<Passkey, 'id' | 'transports'>[];
  }): Promise<CeremonyOptions>;
  /**
   * Also holds the answer to the passkey's operator, where it names one (userHandle). Without a passkey the
   * same work is done, and the answer refused: how long it takes does not tell which credentials there are.
   */
  verifyAssertion(
    response: unknown,
    expected: { readonly challenge: string; readonly passkey: Passkey | undefined },
  ): Promise<AssertionVerdict>;
}

/** What became of a passkey that was to be removed. */
export type PasskeyRemoval =
  | { readonly kind: 'done'; readonly unrecorded: readonly AuditDraft[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'last_admin' };

/** Passkeys at rest. */
export interface PasskeyStore {
  /** A live one of an active operator. */
  find(id: string): Promise<Passkey | undefined>;
  /** Live ones. */
  listOf(operatorId: string): Promise<Passkey[]>;
  /** Whether any was ever registered: set-up is closed from then on, also when it was removed. */
  anyEver(): Promise<boolean>;
  /** @returns false when the credential id is taken, by whomever */
  add(
    passkey: NewPasskey & Pick<Passkey, 'operatorId' | 'name'>,
    entry: AuditDraft,
  ): Promise<Passkey | undefined>;
  /** Ends the sessions that came by it. */
  remove(id: string, operatorId: string, entry: AuditDraft): Promise<PasskeyRemoval>;
}
