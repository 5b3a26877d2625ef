import { hash } from 'node:crypto';

/** The public members of a JWK that make up the key itself (RFC 7638 §3.2, RFC 8037 §2). */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/** RFC 7638 SHA-256 thumbprint, base64url: the name of a key that needs no other. */
export function thumbprint(jwk: PublicJwk): string {
  const members = Object.entries(jwk).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(Object.fromEntries(members)), 'base64url');
}
