import { randomFillSync } from 'node:crypto';
import { formatId } from '../domain/ids.ts';
import type { NewId } from '../ports/ids.ts';

const BYTES_PER_ID = 10;
const POOL_BYTES = BYTES_PER_ID * 400;

/**
 * Makes ids. Random bytes come from the system in batches, since a call for ten of them costs more
 * than the rest of an id; each byte is used once.
 *
 * @param nowMs Unix milliseconds, for the part of an id that sorts by age
 */
export function createNewId(nowMs: () => number): NewId {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return (kind) => {
    if (used === POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const start = used;
    used += BYTES_PER_ID;
    return formatId(kind, nowMs(), pool, start);
  };
}
