import { constants, randomUUID, type SignKeyObjectInput, sign } from 'node:crypto';
import type { SigningKey } from './private-key.ts';

/** An assertion is used once and at once; a minute covers a slow network. */
const LIFETIME_SECONDS = 60;

/**
 * A `private_key_jwt` client assertion (RFC 7523 §3): `aud` is the issuer and nothing else, so that
 * no other server can use it.
 * @param nowMs Unix milliseconds
 */
export function signAssertion(
  key: SigningKey,
  clientId: string,
  issuer: string,
  nowMs: number,
): string {
  const issuedAt = Math.floor(nowMs / 1000);
  const header = {
    typ: 'client-authentication+jwt',
    alg: key.alg,
    ...(key.kid === undefined ? {} : { kid: key.kid }),
  };
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: issuer,
    iat: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
    jti: randomUUID(),
  };
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign(digestOf(key), Buffer.from(input), keyOf(key)).toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Ed25519 hashes by itself. */
function digestOf(key: SigningKey): string | null {
  return key.alg === 'EdDSA' ? null : 'sha256';
}

function keyOf({ key, alg }: SigningKey): SignKeyObjectInput {
  switch (alg) {
    case 'ES256':
      return { key, dsaEncoding: 'ieee-p1363' };
    case 'PS256':
      return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    case 'RS256':
      return { key, padding: constants.RSA_PKCS1_PADDING };
    case 'EdDSA':
      return { key };
  }
}
