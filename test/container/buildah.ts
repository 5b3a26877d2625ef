import { join } from 'node:path';
import { CACHE } from './cache.ts';
import { type Ended, mustRun, tryCommand } from './commands.ts';

// A storage of our own: nothing is mixed with, or taken from, the images of this machine.
const STORAGE = ['--root', join(CACHE, 'storage'), '--runroot', join(CACHE, 'run')];
// buildah keeps what `--mount=type=cache` saves below TMPDIR.
const ENV = { ...process.env, TMPDIR: join(CACHE, 'tmp') };

/** Runs buildah on our storage; it must succeed. */
export function buildah(...args: string[]): string {
  return mustRun('buildah', [...STORAGE, ...args], ENV);
}

/** Runs buildah on our storage and says how it ended. */
export function tryBuildah(...args: string[]): Ended {
  return tryCommand('buildah', [...STORAGE, ...args], ENV);
}
