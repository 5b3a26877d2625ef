import type { AuditDraft } from '../audit/entry.ts';
import type { Secret } from '../domain/secret.ts';
import type { RootCredential } from './provider.ts';

/** Where providers' root material comes from. */
export interface SecretSource {
  /** @throws secretUnavailable() when no such secret is set */
  read(name: string): Promise<RootCredential>;
}

/** How it stands with a place outside the store that secrets come from. */
export interface RemoteHealth {
  /** Why this broker should not be asked: secrets are refused. Empty: all is well, or still bridged. */
  readonly reasons: readonly string[];
  /** Whole seconds since it last answered while it fails; undefined while it does not. */
  readonly awaySeconds?: number;
}

/**
 * Secrets that are kept outside the store.
 *
 * Obligations: a new version is a new generation, and generations of one name never go back within a
 * process; what could not be read again is given out for a bounded time only; a refusal ends it at once.
 */
export interface RemoteSecrets extends SecretSource {
  /** Keeps the login alive and looks again at what is in use. @returns names with a new generation */
  refresh(): Promise<readonly string[]>;
  health(): RemoteHealth;
}

/** A secret without its value. */
export interface SecretListing {
  readonly name: string;
  /** The newest one; each change is a new generation. */
  readonly generation: number;
  /** Unix milliseconds of the newest generation. */
  readonly createdAt: number;
}

/** Write-only for operators: nothing here gives a value back. */
export interface SecretStore {
  /**
   * Stores the next generation.
   * @param entry the audit entry of this change, committed together with it
   * @returns the generation
   * @throws invalidRequest() on a bad name, conflict() while a rotation of it is being worked on
   */
  set(name: string, value: Secret, entry: (generation: number) => AuditDraft): Promise<number>;
  list(): Promise<readonly SecretListing[]>;
  /** Removes every generation; false when there was none. */
  delete(name: string, entry: AuditDraft): Promise<boolean>;
}

/** The newest generation of a secret, and the next one while a rotation is unfinished. */
export interface SealedSecret {
  readonly generation: number;
  readonly sealed: string;
  readonly pending?: {
    readonly generation: number;
    readonly sealed: string;
    readonly kind: string;
  };
}

/**
 * Sealed secrets at rest.
 *
 * Obligations: `insertNext` numbers from 1 without two writers getting the same generation, and
 * commits row and entry in one transaction, ends a rotation of that name unless somebody works on it
 * (conflict); `delete` writes its entry only when rows were removed.
 */
export interface SecretRows {
  latest(name: string): Promise<SealedSecret | undefined>;
  /** Calls back with the generation it reserved, since a box is sealed for its generation. */
  insertNext(
    name: string,
    at: (generation: number) => { readonly sealed: string; readonly entry: AuditDraft },
  ): Promise<number>;
  list(): Promise<readonly SecretListing[]>;
  delete(name: string, entry: AuditDraft): Promise<boolean>;
}
