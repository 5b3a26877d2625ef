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
