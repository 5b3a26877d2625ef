import { createHash } from 'node:crypto';
import type { VaultReference } from '../../domain/secret-name.ts';
import type { RootCredential } from '../../ports/provider.ts';
import type { KvValue } from './kv.ts';

/** One secret as it was last seen. Times are monotonic milliseconds. */
export interface Kept {
  readonly reference: VaultReference;
  usedAt: number;
  /** Of the last look that succeeded. */
  seenAt: number;
  digest: string;
  /** Outlives the value: a secret that comes back must not come back under an old number. */
  generation: number;
  credential?: RootCredential;
  failedAt?: number;
  failure?: unknown;
  looking?: Promise<RootCredential>;
}

export function newKept(reference: VaultReference): Kept {
  return { reference, usedAt: 0, seenAt: 0, digest: '', generation: 0 };
}

/** A version of Vault's is the generation, unless it went back (deleted and made anew) or there is none. */
export function takeIn(entry: Kept, { value, version = 0 }: KvValue, now: number): RootCredential {
  const digest = createHash('sha256').update(`${version}:${value.reveal()}`).digest('hex');
  if (digest !== entry.digest) entry.generation = Math.max(version, entry.generation + 1);
  entry.digest = digest;
  if (entry.credential?.generation !== entry.generation) {
    entry.credential = { value, generation: entry.generation };
  }
  entry.seenAt = now;
  delete entry.failedAt;
  return entry.credential;
}

const AT_ONCE = 8;
/** What nobody has asked for since is not looked at again. */
const UNUSED_MS = 3_600_000;

/** Looks at everything in use, a few at a time. @returns names whose generation changed */
export async function lookAgain(
  kept: ReadonlyMap<string, Kept>,
  now: number,
  look: (entry: Kept) => Promise<RootCredential>,
): Promise<string[]> {
  const changed: string[] = [];
  const waiting = [...kept].filter(([, entry]) => {
    const used = now - entry.usedAt < UNUSED_MS;
    if (!used) delete entry.credential;
    return used;
  });
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, entry] = next;
      const before = entry.generation;
      // Who asks for it is told what is wrong; here the others matter.
      const after = await look(entry).catch(() => undefined);
      if (after && before !== 0 && after.generation !== before) changed.push(name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return changed;
}
