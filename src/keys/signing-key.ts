import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { internal } from '../domain/errors.ts';
import type { NewSigningKey } from '../ports/keys.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { SigningAlgorithm } from './algorithms.ts';
import { importPublicJwk, type RegisteredKey } from './public-jwk.ts';
import { thumbprint } from './thumbprint.ts';

/** A key of ours: its kid is the RFC 7638 thumbprint. */
export interface SigningKey extends RegisteredKey {
  readonly privateKey: KeyObject;
}

const generate = promisify(generateKeyPair);

/** Makes a key pair for `alg`; the private half leaves only sealed. RSA: 2048 bits. */
export async function generateSigningKey(
  alg: SigningAlgorithm,
  sealer: Sealer,
): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await newPair(alg);
  const read = importPublicJwk({ ...publicKey.export({ format: 'jwk' }), alg });
  if ('problem' in read) throw internal(read.problem);
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
  const sealed = sealer.seal(placeOf(read.kid, alg), pkcs8);
  pkcs8.fill(0);
  return { kid: read.kid, alg, publicJwk: read.jwk, sealed };
}

/**
 * Opens a stored signing key.
 * @throws internal() when the box does not open or its halves are not one key
 */
export function openSigningKey(stored: NewSigningKey, sealer: Sealer): SigningKey {
  const read = importPublicJwk(stored.publicJwk);
  if ('problem' in read) throw internal(`signing key ${stored.kid}: ${read.problem}`);
  const pkcs8 = sealer.open(placeOf(stored.kid, stored.alg), stored.sealed);
  const privateKey = createPrivateKey({ key: pkcs8, type: 'pkcs8', format: 'der' });
  pkcs8.fill(0);
  const { kty, crv, x, y, n, e } = privateKey.export({ format: 'jwk' });
  const own = importPublicJwk(
    JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, alg: stored.alg })),
  );
  // What we sign with must be what we publish, under the name and algorithm that were stored.
  if ('problem' in own || own.kid !== stored.kid || thumbprint(materialOf(read)) !== stored.kid) {
    throw internal(`signing key ${stored.kid} is not the key it says it is`);
  }
  return { ...own, privateKey };
}

/** The algorithm belongs to the place: a stored RSA key must not change from PS256 to RS256. */
function placeOf(kid: string, alg: string): string {
  return `signing-key:${kid}:${alg}`;
}

function materialOf({ jwk: { kid: _kid, alg: _alg, ...material } }: RegisteredKey) {
  return material;
}

function newPair(alg: SigningAlgorithm): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  if (alg === 'ES256') return generate('ec', { namedCurve: 'P-256' });
  if (alg === 'EdDSA') return generate('ed25519');
  return generate('rsa', { modulusLength: 2048, publicExponent: 65_537 });
}
