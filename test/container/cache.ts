import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Kept from run to run: the stand-in base, buildah's storage and its package cache. */
export const CACHE = join(tmpdir(), 'countersign-container-cache');

/** Makes the cache; refuses one that somebody else made, since images would come out of it. */
export function prepareCache(): void {
  mkdirSync(join(CACHE, 'tmp'), { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(CACHE);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
    throw new Error(`${CACHE} belongs to somebody else or is open to others: remove it`);
  }
}
