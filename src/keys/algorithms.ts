import { constants, type KeyObject } from 'node:crypto';

/** Signature algorithms (RFC 7518, RFC 8037), and the key each one needs. No symmetric one, no `none`. */
export const SIGNING_ALGORITHMS = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

interface AlgorithmTraits {
  readonly kty: 'EC' | 'OKP' | 'RSA';
  /** As `node:crypto` names it; EdDSA hashes by itself. */
  readonly hash: 'sha256' | null;
  /** What `node:crypto` needs beside the key. */
  readonly parameters: object;
  /** Bytes of a signature; RSA: as long as the modulus. */
  readonly signatureBytes: number | 'modulus';
}

export const ALGORITHMS: Readonly<Record<SigningAlgorithm, AlgorithmTraits>> = {
  ES256: {
    kty: 'EC',
    hash: 'sha256',
    parameters: { dsaEncoding: 'ieee-p1363' },
    signatureBytes: 64,
  },
  EdDSA: { kty: 'OKP', hash: null, parameters: {}, signatureBytes: 64 },
  PS256: {
    kty: 'RSA',
    hash: 'sha256',
    // The salt is exactly as long as the hash (RFC 7518 §3.5), in signing and in verifying.
    parameters: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
    signatureBytes: 'modulus',
  },
  RS256: {
    kty: 'RSA',
    hash: 'sha256',
    parameters: { padding: constants.RSA_PKCS1_PADDING },
    signatureBytes: 'modulus',
  },
};

export function isSigningAlgorithm(value: unknown): value is SigningAlgorithm {
  return (SIGNING_ALGORITHMS as readonly unknown[]).includes(value);
}

/** How many bytes a signature by this key has. */
export function signatureBytes(alg: SigningAlgorithm, key: KeyObject): number {
  const bytes = ALGORITHMS[alg].signatureBytes;
  if (bytes !== 'modulus') return bytes;
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
}
