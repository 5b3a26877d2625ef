import { createPublicKey, type KeyObject } from 'node:crypto';
import { isJsonObject } from '../domain/strict-json.ts';
import { ALGORITHMS, isSigningAlgorithm, type SigningAlgorithm } from './algorithms.ts';
import { type PublicJwk, thumbprint } from './thumbprint.ts';

/** A public key that signatures may be checked with: one key, one algorithm (RFC 8725 §3.1). */
export interface VerifyKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly key: KeyObject;
}

export interface RegisteredKey extends VerifyKey {
  /** Of the key itself, whatever `kid` it goes by (RFC 7638). */
  readonly thumbprint: string;
  /** Public members only, with `kid` and `alg`: the form that is stored and published. */
  readonly jwk: PublicJwk & { readonly kid: string; readonly alg: SigningAlgorithm };
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const KID = /^[\x21-\x7e]{1,128}$/;

/**
 * Takes a public key somebody wants to register.
 *
 * @param candidate a JWK (RFC 7517): EC P-256 (ES256), OKP Ed25519 (EdDSA), or RSA of 2048–4096 bits
 *   with `alg` PS256 or RS256. Without `kid` it gets its thumbprint.
 * @returns the key, or the problem as a sentence for the caller
 */
export function importPublicJwk(candidate: unknown): RegisteredKey | { readonly problem: string } {
  if (!isJsonObject(candidate)) return { problem: 'a key must be a JSON object (a JWK)' };
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(candidate, name))) {
    return {
      problem:
        'this is a private or secret key, which is now known here: make a new pair and register its public half only',
    };
  }
  const purpose = purposeProblem(candidate);
  if (purpose !== undefined) return { problem: purpose };
  const material = publicMaterial(candidate);
  if (typeof material === 'string') return { problem: material };
  const alg = algorithmOf(material, candidate['alg']);
  if (!isSigningAlgorithm(alg)) return { problem: alg };
  const key = createKey(material);
  if (typeof key === 'string') return { problem: key };
  const print = thumbprint(material);
  const kid = candidate['kid'] ?? print;
  if (typeof kid !== 'string' || !KID.test(kid)) {
    return { problem: 'kid must be 1 to 128 printable characters' };
  }
  return { kid, alg, key, thumbprint: print, jwk: { ...material, kid, alg } };
}

function purposeProblem(jwk: Readonly<Record<string, unknown>>): string | undefined {
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return 'use must be sig or absent';
  const operations = jwk['key_ops'];
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return 'key_ops must include verify or be absent';
  }
  return undefined;
}

/** The members that are the key, each in its one spelling, or a problem. */
function publicMaterial(jwk: Readonly<Record<string, unknown>>): PublicJwk | string {
  const { kty, crv, x, y, n, e } = jwk;
  if (kty === 'EC' && crv === 'P-256') {
    if (isBytes(x, 32) && isBytes(y, 32)) return { kty, crv, x, y };
    return 'x and y must be 32 bytes each, base64url';
  }
  if (kty === 'OKP' && crv === 'Ed25519') {
    return isBytes(x, 32) ? { kty, crv, x } : 'x must be 32 bytes, base64url';
  }
  if (kty === 'RSA') {
    if (isBytes(n) && isBytes(e)) return { kty, n, e };
    return 'n and e must be base64url without leading zero bytes';
  }
  return 'the key must be EC P-256, OKP Ed25519 or RSA';
}

function algorithmOf(material: PublicJwk, alg: unknown): SigningAlgorithm | (string & {}) {
  const natural = { EC: 'ES256', OKP: 'EdDSA', RSA: undefined }[material.kty];
  const chosen = alg ?? natural;
  if (chosen === undefined) return 'an RSA key must name its alg: PS256 or RS256';
  if (isSigningAlgorithm(chosen) && ALGORITHMS[chosen].kty === material.kty) return chosen;
  return `alg does not fit the key: use ${natural ?? 'PS256 or RS256'}`;
}

function createKey(material: PublicJwk): KeyObject | string {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: { ...material }, format: 'jwk' });
  } catch {
    return 'not a valid key (for EC: the point is not on the curve)';
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits === undefined) return key;
  if (bits < 2048 || bits > 4096 || bits % 8 !== 0) return 'an RSA key must have 2048 to 4096 bits';
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 0n;
  // A huge exponent makes every verification slow, a tiny or even one is unsafe or no key at all.
  if (exponent < 65_537n || exponent >= 2n ** 32n || exponent % 2n === 0n) {
    return 'the RSA exponent must be 65537, or another odd number of up to 32 bits above it';
  }
  return key;
}

/** One spelling only: canonical base64url; `length` bytes, or a number without leading zeros. */
function isBytes(value: unknown, length?: number): value is string {
  if (typeof value !== 'string' || value.length > 1024 || !BASE64URL.test(value)) return false;
  const bytes = Buffer.from(value, 'base64url');
  if (bytes.toString('base64url') !== value) return false;
  return length === undefined ? bytes[0] !== 0 : bytes.length === length;
}
