/** Whose passkeys these are, as every answer must name it. */
export interface RelyingParty {
  /** A host name. */
  readonly id: string;
  readonly origin: string;
}

/** COSE algorithms that are offered, best first (RFC 9053 §2): Ed25519, ES256, RS256. No other is accepted. */
export const ALGORITHM_IDS = [-8, -7, -257] as const;
