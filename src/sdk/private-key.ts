import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';

const SIGNING_ALGORITHMS = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** A private JWK (RFC 7517); `kid` and `alg` are honoured. */
export type PrivateJwk = JsonWebKey & { readonly kid?: string; readonly alg?: string };

/** A key ready to sign, with the algorithm that fits it. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly alg: SigningAlgorithm;
  readonly kid?: string;
}

/**
 * Reads a private key.
 * @param source a private JWK as object or JSON text, or PKCS #8 / SEC 1 / PKCS #1 PEM text
 * @param wanted algorithm where the key allows several (RSA); PS256 unless said
 * @throws TypeError with a text that never holds the key
 */
export function readPrivateKey(source: PrivateJwk | string, wanted?: SigningAlgorithm): SigningKey {
  const jwk = typeof source === 'string' ? parseJwk(source) : source;
  const key = importKey(jwk ?? source);
  const alg = algorithmOf(key, wanted ?? knownAlgorithm(jwk?.alg));
  return { key, alg, ...(jwk?.kid ? { kid: jwk.kid } : {}) };
}

function parseJwk(text: string): PrivateJwk | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as PrivateJwk;
  } catch {
    throw new TypeError('The private key looks like a JWK but is not valid JSON.');
  }
}

function importKey(source: PrivateJwk | string): KeyObject {
  try {
    if (typeof source === 'string') return createPrivateKey(source);
    return createPrivateKey({ key: source, format: 'jwk' });
  } catch {
    // The cause is dropped: OpenSSL errors may quote their input.
    throw new TypeError('This is neither a private JWK nor a private key in PEM form.');
  }
}

function algorithmOf(key: KeyObject, wanted: SigningAlgorithm | undefined): SigningAlgorithm {
  const type = key.asymmetricKeyType;
  if (type === 'ed25519') return agreed('EdDSA', wanted);
  if (type === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') {
    return agreed('ES256', wanted);
  }
  if (type === 'rsa') return wanted === 'RS256' ? 'RS256' : agreed('PS256', wanted);
  throw new TypeError('Use a P-256, Ed25519 or RSA key.');
}

function agreed(fits: SigningAlgorithm, wanted: SigningAlgorithm | undefined): SigningAlgorithm {
  if (wanted !== undefined && wanted !== fits) {
    throw new TypeError(`This key signs with ${fits}, not with ${wanted}.`);
  }
  return fits;
}

function knownAlgorithm(alg: string | undefined): SigningAlgorithm | undefined {
  if (alg === undefined) return undefined;
  const known = SIGNING_ALGORITHMS.find((name) => name === alg);
  if (!known) throw new TypeError(`The key says alg ${alg}; use ${SIGNING_ALGORITHMS.join(', ')}.`);
  return known;
}
