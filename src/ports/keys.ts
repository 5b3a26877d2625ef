/** A signing key at rest: the private half is sealed. */
export interface StoredSigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** Envelope around the PKCS #8 form. */
  readonly sealed: string;
  readonly createdAt: number;
}

export interface SigningKeyStore {
  /** Newest first; retired ones left out. */
  list(): Promise<StoredSigningKey[]>;
  /** Stores the first key of its algorithm; when another process was faster, does nothing. */
  insertFirst(key: Omit<StoredSigningKey, 'createdAt'>): Promise<void>;
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
