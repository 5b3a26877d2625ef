import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A public key as a passkey registered it, ready to verify. */
export interface CoseKey {
  readonly key: KeyObject;
  /** Digest to sign over; null where the algorithm hashes by itself. */
  readonly digest: 'sha256' | null;
}

type Value = number | Buffer;

/**
 * Reads a COSE key (RFC 9052 §7) of one of the three algorithms a passkey may have here: ES256, EdDSA, RS256.
 * @param text base64url
 * @returns undefined for anything else, or anything that does not end where the bytes do
 */
export function readCoseKey(text: string): CoseKey | undefined {
  try {
    const members = readMap(Buffer.from(text, 'base64url'));
    const jwk = members && jwkOf(members);
    if (!jwk) return undefined;
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return { key, digest: jwk.kty === 'OKP' ? null : 'sha256' };
  } catch {
    return undefined;
  }
}

/** Labels of RFC 9053 §7: kty 1, alg 3, then by kind. */
function jwkOf(members: ReadonlyMap<number, Value>): JsonWebKey | undefined {
  const [kty, alg] = [members.get(1), members.get(3)];
  const bytes = (label: number) => {
    const value = members.get(label);
    return Buffer.isBuffer(value) ? value.toString('base64url') : undefined;
  };
  const [first, second, third] = [bytes(-1), bytes(-2), bytes(-3)];
  if (kty === 2 && alg === -7 && members.get(-1) === 1 && second && third) {
    return { kty: 'EC', crv: 'P-256', x: second, y: third };
  }
  if (kty === 1 && alg === -8 && members.get(-1) === 6 && second) {
    return { kty: 'OKP', crv: 'Ed25519', x: second };
  }
  if (kty === 3 && alg === -257 && first && second) return { kty: 'RSA', n: first, e: second };
  return undefined;
}

/** A CBOR map (RFC 8949 §3) of integers to integers and byte strings: all that such a key is made of. */
function readMap(bytes: Buffer): Map<number, Value> | undefined {
  let at = 0;
  const head = (): [major: number, length: number] => {
    const first = bytes.readUInt8(at);
    at += 1;
    const [major, short] = [first >> 5, first & 31];
    if (short < 24) return [major, short];
    const size = short === 24 ? 1 : short === 25 ? 2 : short === 26 ? 4 : Number.NaN;
    const length = bytes.readUIntBE(at, size);
    at += size;
    return [major, length];
  };
  const value = (): Value | undefined => {
    const [major, length] = head();
    if (major === 0) return length;
    if (major === 1) return -1 - length;
    if (major !== 2 || at + length > bytes.length) return undefined;
    at += length;
    return bytes.subarray(at - length, at);
  };
  const [major, count] = head();
  if (major !== 5 || count > 16) return undefined;
  const members = new Map<number, Value>();
  for (let n = 0; n < count; n += 1) {
    const [label, member] = [value(), value()];
    if (typeof label !== 'number' || member === undefined || members.has(label)) return undefined;
    members.set(label, member);
  }
  return at === bytes.length ? members : undefined;
}
