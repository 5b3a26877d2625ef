import { isJsonObject } from '../domain/strict-json.ts';
import { importPublicJwk, type RegisteredKey } from './public-jwk.ts';

const MAX_KEYS = 20;

export type ParsedJwks = { readonly keys: readonly RegisteredKey[] } | { readonly problem: string };

/**
 * Reads a JWK Set. `registered` ones (sent to us) are refused whole when a key is unusable;
 * `fetched` ones may hold keys for other uses, which are passed over (RFC 7517 §5).
 * Two keys under one kid are refused in both: a kid names one key.
 */
export function parseJwks(json: unknown, origin: 'registered' | 'fetched'): ParsedJwks {
  const list = isJsonObject(json) ? json['keys'] : undefined;
  if (!Array.isArray(list)) return { problem: 'jwks must be an object with a list "keys"' };
  if (list.length > MAX_KEYS) return { problem: `jwks may hold ${MAX_KEYS} keys at most` };
  const keys = new Map<string, RegisteredKey>();
  for (const [index, candidate] of list.entries()) {
    const read = importPublicJwk(candidate);
    if ('problem' in read) {
      if (origin === 'fetched') continue;
      return { problem: `jwks.keys[${index}]: ${read.problem}` };
    }
    if (keys.has(read.kid)) return { problem: `jwks.keys[${index}]: this kid is there twice` };
    keys.set(read.kid, read);
  }
  return { keys: [...keys.values()] };
}

/** The document of `/.well-known/jwks.json`: public members only, whatever the key carries. */
export function publicJwks(keys: readonly Pick<RegisteredKey, 'jwk'>[]): {
  keys: readonly Readonly<Record<string, string>>[];
} {
  return { keys: keys.map(({ jwk }) => ({ ...jwk, use: 'sig' })) };
}
