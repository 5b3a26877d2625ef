import { signatureBytes } from './algorithms.ts';
import { decoyKey } from './decoy-keys.ts';
import type { RegisteredKey } from './public-jwk.ts';
import {
  couldBeSignedBy,
  isSeconds,
  isSignedBy,
  type JwtClaims,
  type OpenedJws,
  openJws,
} from './verify.ts';

/** Seconds a client's clock may run ahead of ours, for `iat` and `nbf`. */
const AHEAD = 60;
/** Seconds from now to the latest `exp`: five minutes, and half a minute for the client's clock. */
const HORIZON = 330;
/** Keys tried when the assertion names none. */
const MAX_TRIES = 3;
const TYPS = ['', 'jwt', 'client-authentication+jwt'];
const CLIENT_ID = /^[\x21-\x7e]{1,256}$/;
const JTI = /^[\x20-\x7e]{1,256}$/;

/** What a client proved by `private_key_jwt` (RFC 7523, with the audience rule of rfc7523bis). */
export interface ProvenClient {
  readonly clientId: string;
  /** To be used once per client: remember it until `exp`, after this and not before (row C6). */
  readonly jti: string;
  /** Seconds. */
  readonly exp: number;
  /** Of the key that signed. */
  readonly thumbprint: string;
}

/** An assertion whose claims are in order and whose signature has not been looked at yet. */
export interface ClaimedClient extends Omit<ProvenClient, 'thumbprint'> {
  readonly kid: string | undefined;
  readonly jws: OpenedJws;
}

/**
 * Reads an assertion as far as that needs no key (rows C1–C4, C7, C10). An expired assertion is
 * expired: there is no tolerance on `exp`.
 *
 * @param options.issuer our issuer: the only `aud` there is, alone or as the one element of a list
 * @param options.nowSeconds by the broker's disciplined clock
 */
export function openClientAssertion(
  assertion: unknown,
  options: { readonly issuer: string; readonly nowSeconds: number },
): ClaimedClient | undefined {
  const jws = openJws(assertion, TYPS);
  if (jws === undefined) return undefined;
  const { iss, sub, jti, exp } = jws.claims;
  if (typeof sub !== 'string' || iss !== sub || !CLIENT_ID.test(sub)) return undefined;
  if (!isForUs(jws.claims['aud'], options.issuer)) return undefined;
  if (typeof jti !== 'string' || !JTI.test(jti)) return undefined;
  if (!isSeconds(exp) || !isTimely(jws.claims, exp, options.nowSeconds)) return undefined;
  return { clientId: sub, jti, exp, kid: jws.kid, jws };
}

/**
 * Checks the signature with the client's registered keys (row C7: the algorithm of the key decides).
 * Costs one verification whether or not the client, the kid or the algorithm is known.
 *
 * @param keys the keys of `claimed.clientId`; undefined when there is no such client
 */
export function proveClient(
  claimed: ClaimedClient,
  keys: readonly RegisteredKey[] | undefined,
): ProvenClient | undefined {
  const { jws, clientId, jti, exp } = claimed;
  const fitting = (keys ?? []).filter(
    (key) => (jws.kid === undefined || key.kid === jws.kid) && couldBeSignedBy(jws, key),
  );
  if (fitting.length === 0) {
    const decoy = decoyKey(jws.alg);
    const signature = jws.signature.subarray(0, signatureBytes(decoy.alg, decoy.key));
    isSignedBy({ ...jws, signature }, decoy);
    return undefined;
  }
  const proven = fitting.slice(0, MAX_TRIES).find((key) => isSignedBy(jws, key));
  return proven && { clientId, jti, exp, thumbprint: proven.thumbprint };
}

/** RFC 7523bis: the issuer identifier, byte for byte, and nothing beside it. */
function isForUs(aud: unknown, issuer: string): boolean {
  return Array.isArray(aud) ? aud.length === 1 && aud[0] === issuer : aud === issuer;
}

function isTimely(claims: JwtClaims, exp: number, now: number): boolean {
  if (exp <= now || exp > now + HORIZON) return false;
  return ['iat', 'nbf'].every((name) => {
    const value = claims[name];
    return value === undefined || (isSeconds(value) && value <= now + AHEAD);
  });
}
