import type { AuditDraft } from '../audit/entry.ts';

/** A signing key at rest: the private half is sealed. */
export interface StoredSigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** Envelope around the PKCS #8 form. */
  readonly sealed: string;
  readonly createdAt: number;
  /** Unix milliseconds from which it signs; null: since it was stored. */
  readonly signsFrom: number | null;
  /** Unix milliseconds at which it leaves the published set; null: not planned. */
  readonly leavesAt: number | null;
}

export type NewSigningKey = Omit<StoredSigningKey, 'createdAt' | 'signsFrom' | 'leavesAt'>;

export interface SigningKeyStore {
  /** Newest first; retired ones left out. */
  list(): Promise<StoredSigningKey[]>;
  /** Stores the first key of its algorithm; when another process was faster, does nothing. */
  insertFirst(key: NewSigningKey): Promise<void>;
  /**
   * Stores the key that takes over after `beforeUseSeconds`; the one that signs now leaves
   * `afterUseSeconds` after that. @returns Unix milliseconds of the first use
   * @throws conflict when a successor is waiting already
   */
  succeed(
    key: NewSigningKey,
    seconds: { readonly beforeUse: number; readonly afterUse: number },
    entry: (signsFrom: number) => AuditDraft,
  ): Promise<number>;
  /** Stores a key that signs at once and removes every other one. @returns the kids removed */
  replaceAll(
    key: NewSigningKey,
    entries: (removed: readonly string[]) => readonly AuditDraft[],
  ): Promise<readonly string[]>;
  /** Removes keys whose time to leave has come, private half and all. @returns their kids */
  retireDue(entry: (kid: string) => AuditDraft): Promise<readonly string[]>;
}

/** One key per subject of personal data, sealed. */
export interface SubjectKeyStore {
  find(subject: string): Promise<{ kid: string; sealed: string } | undefined>;
  /** Stores unless the subject has one; @returns the one that counts */
  insert(subject: string, kid: string, sealed: string): Promise<{ kid: string; sealed: string }>;
}

/** The master key at rest, wrapped by a key that never leaves the system that wrapped it. */
export interface WrappedMasterKey {
  /** Of the master key inside: says nothing about it. */
  readonly id: string;
  /** Which key wrapped it, e.g. `transit/countersign`. */
  readonly wrappedBy: string;
  readonly wrapped: string;
}

export interface WrappedMasterKeyStore {
  /** The newest; undefined when none was ever stored. */
  current(): Promise<WrappedMasterKey | undefined>;
  /** Stores the first one; when another process was faster, does nothing. */
  insertFirst(key: WrappedMasterKey): Promise<void>;
}

/**
 * Encrypts small keys under a key kept elsewhere.
 *
 * Obligations: what was wrapped for one context opens for no other; no error carries the key; failures are
 * `providerFailed(...)`.
 */
export interface KeyWrapper {
  /** Names the key that wraps. */
  readonly name: string;
  wrap(context: string, key: Uint8Array): Promise<string>;
  unwrap(context: string, wrapped: string): Promise<Buffer>;
}
