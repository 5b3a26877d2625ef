import { sign } from 'node:crypto';
import { ALGORITHMS } from './algorithms.ts';
import type { SigningKey } from './signing-key.ts';

const headers = new WeakMap<SigningKey, Map<string, string>>();

/**
 * A compact JWS over the claims. Synchronous on purpose: `node:crypto` signs ES256 in some 30 µs,
 * a promise-based signature costs several times the CPU (see the figures in the documentation).
 *
 * @param typ what kind of JWT it is, without `application/` (RFC 8725 §3.11)
 */
export function signJwt(key: SigningKey, typ: string, claims: object): string {
  const { hash, parameters } = ALGORITHMS[key.alg];
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const input = `${headerOf(key, typ)}.${payload}`;
  const signature = sign(hash, Buffer.from(input), { key: key.privateKey, ...parameters });
  return `${input}.${signature.toString('base64url')}`;
}

function headerOf(key: SigningKey, typ: string): string {
  let ofKey = headers.get(key);
  if (ofKey === undefined) headers.set(key, (ofKey = new Map()));
  let header = ofKey.get(typ);
  if (header === undefined) {
    const json = JSON.stringify({ alg: key.alg, typ, kid: key.kid });
    ofKey.set(typ, (header = Buffer.from(json).toString('base64url')));
  }
  return header;
}
