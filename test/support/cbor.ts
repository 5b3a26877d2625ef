/** A byte string. */
interface Bytes {
  readonly bytes: Uint8Array;
}
type CborValue = number | string | Bytes | CborMap;
/** A map, its entries in the order they are written. */
export type CborMap = readonly (readonly [number | string, CborValue])[];

export const bytes = (value: Uint8Array): Bytes => ({ bytes: value });

/** As much of CBOR (RFC 8949) as an authenticator writes. */
export function cbor(value: CborValue): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if ('bytes' in value) return Buffer.concat([head(2, value.bytes.length), value.bytes]);
  return Buffer.concat([head(5, value.length), ...value.flat().map(cbor)]);
}

function head(major: number, argument: number): Buffer {
  const type = major << 5;
  if (argument < 24) return Buffer.from([type | argument]);
  if (argument < 256) return Buffer.from([type | 24, argument]);
  return Buffer.from([type | 25, argument >> 8, argument & 255]);
}
