import { createHash, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import type { PrivateJwk } from './private-key.ts';

export interface GeneratedKey {
  /** Keep it: the broker never sees it. */
  readonly privateJwk: PrivateJwk;
  /** Register it with the broker. */
  readonly publicJwk: PrivateJwk;
}

/** A fresh key pair for `private_key_jwt`; its `kid` is the RFC 7638 thumbprint. */
export function generateAgentKey(alg: 'ES256' | 'EdDSA' = 'ES256'): GeneratedKey {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const publicJwk = pair.publicKey.export({ format: 'jwk' });
  const named = { kid: thumbprint(publicJwk), alg, use: 'sig' };
  return {
    privateJwk: { ...pair.privateKey.export({ format: 'jwk' }), ...named },
    publicJwk: { ...publicJwk, ...named },
  };
}

/** RFC 7638 §3: the required members only, in lexicographic order. */
function thumbprint(jwk: JsonWebKey): string {
  const { crv, kty, x, y } = jwk;
  const canonical = JSON.stringify({ crv, kty, x, ...(y === undefined ? {} : { y }) });
  return createHash('sha256').update(canonical).digest('base64url');
}
