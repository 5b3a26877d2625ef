import { createHmac } from 'node:crypto';
import { inventText } from './invent.ts';
import { type IntegerBits, permuteInteger } from './permute.ts';
import type { MaskedColumn } from './column.ts';

/** Makes the masked value, as it stands in COPY's text format, of a value's bytes. */
export type Masker = (value: Buffer) => string;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** 5 bits each: 130 bits are unique, 80 are the least that count as such. */
const TAG_LENGTH = 26;
const LEAST_UNIQUE = 16;
const INTEGERS: Readonly<Record<string, IntegerBits>> = { int2: 16, int4: 32, int8: 64 };
const DAY_MS = 86_400_000;

/** Why this column can't be masked so; the sentence goes on after the column's name. */
export function maskProblem(column: MaskedColumn): string | undefined {
  const { mask, notNull, type, length, unique } = column;
  if (mask === 'keep') return undefined;
  if (mask === 'null') {
    return notNull ? 'is NOT NULL and cannot become null: give it hash, fake or keep.' : undefined;
  }
  if (!maskerOf(column, Buffer.alloc(32))) {
    return `is of type ${type}, for which there is no ${mask}: give it null, keep or ${mask === 'hash' ? 'fake' : 'hash'}.`;
  }
  const needed = mask === 'fake' ? inventedLength(column) : LEAST_UNIQUE;
  if (unique && length !== null && length < needed) {
    return `is unique and ${length} characters long, too short to stay unique under ${mask}: it takes ${needed}.`;
  }
  return undefined;
}

/** What a value looks like follows the column that the others refer to, so that they stay equal. */
function lookOf({ domain }: MaskedColumn): string {
  return domain.slice(domain.lastIndexOf('.') + 1);
}

function inventedLength(column: MaskedColumn): number {
  const tag = '_'.repeat(LEAST_UNIQUE);
  return inventText(lookOf(column), Buffer.alloc(32, 0xff), tag, true).length + 8;
}

/**
 * What masks this column.
 * @param secret of this build alone: kept nowhere, so that no dictionary leads back from a hash
 * @returns `undefined` for `keep` and `null`, and where the type has no such mask
 */
export function maskerOf(column: MaskedColumn, secret: Buffer): Masker | undefined {
  const { mask, type, category } = column;
  if (mask !== 'hash' && mask !== 'fake') return undefined;
  const key = createHmac('sha256', secret).update(column.domain).digest();
  const digest = (value: Buffer) => createHmac('sha256', key).update(value).digest();
  const bits = INTEGERS[type];
  if (bits !== undefined) {
    return (value) => String(permuteInteger(key, bits, BigInt(value.toString('latin1'))));
  }
  if (type === 'uuid') return (value) => uuidOf(digest(value));
  // The backslash of `\x` is escaped.
  if (type === 'bytea') return (value) => `\\\\x${digest(value).toString('hex')}`;
  if (category === 'S' && type !== 'name') {
    return mask === 'hash'
      ? (value) => tagOf(digest(value), column.length)
      : (value) => fakeText(column, digest(value));
  }
  return mask === 'fake' && !column.unique ? inventorOf(type, digest) : undefined;
}

function inventorOf(type: string, digest: (value: Buffer) => Buffer): Masker | undefined {
  if (type === 'bool') return (value) => ((digest(value)[0] ?? 0) < 128 ? 't' : 'f');
  if (type === 'json' || type === 'jsonb') return () => '{}';
  if (!['date', 'timestamp', 'timestamptz'].includes(type)) return undefined;
  return (value) => {
    const days = digest(value).readUInt32BE(0) % 25_000;
    return new Date(Date.UTC(1940, 0, 1) + days * DAY_MS).toISOString().slice(0, 10);
  };
}

function fakeText(column: MaskedColumn, digest: Buffer): string {
  const { unique, length } = column;
  const room =
    length === null ? TAG_LENGTH : Math.min(TAG_LENGTH, Math.max(length - 24, LEAST_UNIQUE));
  const text = inventText(lookOf(column), digest, tagOf(digest, room), unique);
  return length === null ? text : text.slice(0, length);
}

function tagOf(digest: Buffer, length: number | null): string {
  const count = Math.min(length ?? TAG_LENGTH, TAG_LENGTH);
  let tag = '';
  for (let index = 0; index < count; index += 1) tag += ALPHABET[(digest[index] ?? 0) & 31];
  return tag;
}

/** Version 8, "custom" (RFC 9562 §5.8). */
function uuidOf(digest: Buffer): string {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
