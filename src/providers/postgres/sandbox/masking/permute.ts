import { createHmac } from 'node:crypto';

/** Bits of the integers that can be permuted. */
export type IntegerBits = 16 | 32 | 64;

/** More than the four of Luby and Rackoff, since half of a small integer is not much. */
const ROUNDS = 6;

/**
 * A keyed permutation of the integers of one width: no two become equal, so that keys stay unique, and without
 * the key nothing leads back. A Feistel network over the bits, walked until it is back among the numbers of the
 * same sign (cycle walking), so that ids stay positive. Zero and up are one set, what is below the other.
 */
export function permuteInteger(key: Buffer, bits: IntegerBits, value: bigint): bigint {
  const size = BigInt(bits);
  const half = size / 2n;
  const top = 1n << (size - 1n);
  const negative = value < 0n;
  // The distance from zero, or from -1: always below `top`.
  let number = negative ? -value - 1n : value;
  do number = feistel(key, number, half, bits, negative);
  while (number >= top);
  return negative ? -number - 1n : number;
}

function feistel(
  key: Buffer,
  number: bigint,
  half: bigint,
  bits: IntegerBits,
  negative: boolean,
): bigint {
  const mask = (1n << half) - 1n;
  let [left, right] = [number >> half, number & mask];
  for (let round = 0; round < ROUNDS; round += 1) {
    const input = `${bits}:${negative ? '-' : '+'}:${round}:${right}`;
    const digest = createHmac('sha256', key).update(input).digest();
    const out = BigInt(digest.readUInt32BE(0)) & mask;
    [left, right] = [right, left ^ out];
  }
  return (left << half) | right;
}
