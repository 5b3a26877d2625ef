import { isJsonObject } from '../domain/strict-json.ts';
import type { AccessTokenClaims } from '../ports/tokens.ts';
import type { Keyring } from './keyring.ts';
import type { VerifyKey } from './public-jwk.ts';
import { signJwt } from './sign.ts';
import { isSeconds, type OpenedJws, verifyJws } from './verify.ts';

const TYP = 'at+jwt';
const DEFAULT_CACHE_SIZE = 4096;
const REQUIRED = ['iss', 'sub', 'aud', 'client_id', 'jti'] as const;
const OPTIONAL = ['scope', 'task_id', 'grant_id'] as const;

/** Mints access tokens of this issuer, and tells which ones it minted. */
export interface AccessTokens {
  mint(claims: Omit<AccessTokenClaims, 'iss'>): string;
  /**
   * The claims of a token that this issuer signed and that has not expired; undefined otherwise.
   * Says nothing about `aud`, revocation or stops. Do not change what it returns: it is cached.
   */
  verify(jwt: unknown): AccessTokenClaims | undefined;
}

/**
 * @param options.nowMs Unix milliseconds by the broker's disciplined clock: it decides expiry, with
 *   no tolerance, since it also decided `exp`
 * @param options.cacheSize tokens remembered as verified, least recently used first out; a hit still
 *   checks expiry and that the key is in the ring
 */
export function createAccessTokens(options: {
  readonly issuer: string;
  readonly keyring: Keyring;
  readonly nowMs: () => number;
  readonly cacheSize?: number;
}): AccessTokens {
  const { issuer, keyring, nowMs, cacheSize = DEFAULT_CACHE_SIZE } = options;
  const verified = new Map<string, { claims: AccessTokenClaims; key: VerifyKey }>();

  const remembered = (jwt: string): AccessTokenClaims | undefined => {
    const hit = verified.get(jwt);
    if (hit === undefined) return undefined;
    verified.delete(jwt);
    if (isExpired(hit.claims, nowMs()) || keyring.find(hit.key.kid, hit.key.alg) !== hit.key) {
      return undefined;
    }
    verified.set(jwt, hit);
    return hit.claims;
  };

  return {
    mint: (claims) => signJwt(keyring.current(), TYP, { iss: issuer, ...claims }),
    verify(jwt) {
      if (typeof jwt !== 'string') return undefined;
      const known = remembered(jwt);
      if (known !== undefined) return known;
      const jws = verifyJws(jwt, { typ: [TYP], keys: keyring.find });
      const claims = jws && claimsOf(jws, issuer);
      const key = jws && keyring.find(jws.kid, jws.alg);
      if (!claims || !key || isExpired(claims, nowMs())) return undefined;
      if (verified.size >= cacheSize) verified.delete(verified.keys().next().value ?? '');
      verified.set(jwt, { claims, key });
      return claims;
    },
  };
}

function isExpired(claims: AccessTokenClaims, nowMs: number): boolean {
  return claims.exp * 1000 <= nowMs;
}

function claimsOf({ claims }: OpenedJws, issuer: string): AccessTokenClaims | undefined {
  if (claims['iss'] !== issuer || !isSeconds(claims['iat']) || !isSeconds(claims['exp'])) {
    return undefined;
  }
  if (!REQUIRED.every((name) => typeof claims[name] === 'string')) return undefined;
  if (!OPTIONAL.every((name) => ['string', 'undefined'].includes(typeof claims[name]))) {
    return undefined;
  }
  const details = claims['authorization_details'];
  if (details !== undefined && !(Array.isArray(details) && details.every(isJsonObject))) {
    return undefined;
  }
  return Object.freeze(claims as unknown as AccessTokenClaims);
}
