import { isUtf8 } from 'node:buffer';
import { verify } from 'node:crypto';
import { isJsonObject, type JsonValue, readStrictJson } from '../domain/strict-json.ts';
import {
  ALGORITHMS,
  isSigningAlgorithm,
  type SigningAlgorithm,
  signatureBytes,
} from './algorithms.ts';
import type { VerifyKey } from './public-jwk.ts';

/** A JWS that passed the gate and whose signature has not been looked at yet. */
export interface OpenedJws {
  readonly alg: SigningAlgorithm;
  readonly kid: string | undefined;
  /** Lower-case, without `application/`; '' when absent. */
  readonly typ: string;
  readonly claims: JwtClaims;
  readonly input: Buffer;
  readonly signature: Buffer;
}

export type JwtClaims = { readonly [name: string]: JsonValue };

const MAX_LENGTH = 8192;
const MAX_KID = 128;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Header members that bring a key, say how to process, or belong to a JWE: none has a use here. */
const REFUSED = 'crit b64 zip jwk jku x5u x5c enc epk apu apv p2s p2c iv tag'.split(' ');

/**
 * The gate before any cryptography (standards.md, rows B2 and C2). One string per JWS: three canonical
 * base64url parts (a lenient reader takes padding, white space and spare trailing bits, so that a
 * refused token would come back in another spelling), strict JSON, a `typ` that is expected here, an
 * algorithm we know, no header member that could steer verification. Nothing is ever fetched.
 *
 * Note that ES256 still has two signatures for one message (s and n−s): key replay, revocation and
 * audit on `(iss, jti)`, never on the token's text.
 *
 * @param allowedTyps lower-case, without `application/`; '' allows it to be absent
 */
export function openJws(jwt: unknown, allowedTyps: readonly string[]): OpenedJws | undefined {
  if (typeof jwt !== 'string' || jwt.length > MAX_LENGTH) return undefined;
  const parts = jwt.split('.', 4);
  if (parts.length !== 3 || !parts.every(isCanonicalBase64url)) return undefined;
  const [header = '', payload = '', signature = ''] = parts;
  const head = readObject(header);
  if (head === undefined || REFUSED.some((name) => Object.hasOwn(head, name))) return undefined;
  const { alg, kid } = head;
  const typ = normaliseTyp(head['typ']);
  if (typ === undefined || !allowedTyps.includes(typ) || !isSigningAlgorithm(alg)) return undefined;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MAX_KID)) return undefined;
  const claims = readObject(payload);
  if (claims === undefined) return undefined;
  const input = Buffer.from(jwt.slice(0, header.length + 1 + payload.length));
  return { alg, kid, typ, claims, input, signature: Buffer.from(signature, 'base64url') };
}

/** Does the one algorithm of the key, and the length of its signatures, fit? */
export function couldBeSignedBy(jws: OpenedJws, { alg, key }: VerifyKey): boolean {
  return alg === jws.alg && jws.signature.length === signatureBytes(alg, key);
}

/** Was it signed by this key, with the one algorithm the key is registered for? Synchronous. */
export function isSignedBy(jws: OpenedJws, verifyKey: VerifyKey): boolean {
  if (!couldBeSignedBy(jws, verifyKey)) return false;
  const { alg, key } = verifyKey;
  const { hash, parameters } = ALGORITHMS[alg];
  return verify(hash, jws.input, { key, ...parameters }, jws.signature);
}

/**
 * Gate and signature in one.
 *
 * @param options.keys an exact look-up: the kid of a token is never a path or a query
 */
export function verifyJws(
  jwt: unknown,
  options: {
    readonly typ: readonly string[];
    readonly keys: (kid: string | undefined, alg: SigningAlgorithm) => VerifyKey | undefined;
  },
): OpenedJws | undefined {
  const jws = openJws(jwt, options.typ);
  const key = jws && options.keys(jws.kid, jws.alg);
  return jws !== undefined && key !== undefined && isSignedBy(jws, key) ? jws : undefined;
}

/** RFC 7519 NumericDate as we accept it: whole seconds, as a JSON number. */
export function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Canonical: the alphabet only, a possible length, and no bits set that decode to nothing. */
function isCanonicalBase64url(part: string): boolean {
  if (!BASE64URL.test(part)) return false;
  const rest = part.length % 4;
  if (rest === 0) return true;
  const last = ALPHABET.indexOf(part.at(-1) ?? '');
  return rest !== 1 && last % (rest === 2 ? 16 : 4) === 0;
}

function readObject(part: string): JwtClaims | undefined {
  const bytes = Buffer.from(part, 'base64url');
  if (!isUtf8(bytes)) return undefined;
  const read = readStrictJson(bytes.toString('utf8'));
  return 'value' in read && isJsonObject(read.value) ? read.value : undefined;
}

/** RFC 7515 §4.1.9: compared without case, `application/` may be left out. */
function normaliseTyp(typ: unknown): string | undefined {
  if (typ === undefined) return '';
  if (typeof typ !== 'string' || typ === '') return undefined;
  return typ.toLowerCase().replace(/^application\//, '');
}
