import { randomFillSync } from 'node:crypto';

const NONCE_BYTES = 12;
const pool = Buffer.alloc(NONCE_BYTES * 512);
let used = pool.length;

/**
 * 12 random bytes for AES-GCM. They come from the system in batches, since one call for twelve costs
 * as much as the encryption; each byte is used once.
 */
export function nextNonce(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return Buffer.from(pool.subarray(used, (used += NONCE_BYTES)));
}
