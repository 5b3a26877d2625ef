import type { SigningKeyStore, StoredSigningKey } from '../ports/keys.ts';
import type { Sealer } from '../ports/sealer.ts';
import { isSigningAlgorithm, type SigningAlgorithm } from './algorithms.ts';
import { createKeyring, type Keyring } from './keyring.ts';
import { generateSigningKey, openSigningKey, type SigningKey } from './signing-key.ts';

/** The keyring of this installation, and how it follows the store. */
export interface SigningKeys {
  readonly keyring: Keyring;
  /** Reads the store again; a key that left it stops verifying with this. */
  reload(): Promise<void>;
  /** Something about this key changed: it stops at once, and counts again when `reload` says so. */
  changed(kid: string): void;
}

interface Opened extends StoredSigningKey {
  readonly key: SigningKey;
}

/**
 * The keyring of this installation: makes the first key of the chosen algorithm, and publishes keys
 * of other algorithms too, since their tokens may still live.
 *
 * @param onOpened told once the keys that are there have opened, before one is made: a wrong master key
 *   must leave nothing behind that the right one cannot open
 * @param nowMs Unix milliseconds by the broker's disciplined clock
 */
export async function loadSigningKeys(parts: {
  readonly store: SigningKeyStore;
  readonly sealer: Sealer;
  readonly alg: SigningAlgorithm;
  readonly nowMs: () => number;
  readonly onOpened?: () => Promise<void>;
}): Promise<SigningKeys> {
  const { store, sealer, alg, nowMs } = parts;
  const read = reader(store, sealer);
  await read();
  await parts.onOpened?.();
  const readOwn = async () => {
    let keys = await read();
    if (!keys.some((one) => one.alg === alg)) {
      await store.insertFirst(await generateSigningKey(alg, sealer));
      keys = await read();
    }
    return arrange(keys, alg, nowMs());
  };
  const first = await readOwn();
  const keyring = createKeyring(first.current, first.older, nowMs);
  keyring.replace(first.current, first.older, first.successor);
  return following(keyring, readOwn);
}

/** Reads and opens; a key stays the same object, so that tokens verified with it stay remembered. */
function reader(store: SigningKeyStore, sealer: Sealer): () => Promise<Opened[]> {
  let known = new Map<string, SigningKey>();
  return async () => {
    const stored = (await store.list()).filter((key) => isSigningAlgorithm(key.alg));
    const all = stored.map((one) => ({ ...one, key: known.get(one.kid) ?? open(one, sealer) }));
    known = new Map(all.map(({ kid, key }) => [kid, key]));
    return all;
  };
}

function following(keyring: Keyring, read: () => Promise<ReturnType<typeof arrange>>): SigningKeys {
  let changes = 0;
  let reloading: Promise<void> | undefined;

  /** What was read before a change was heard of may be older than the change: read again. */
  async function reload(): Promise<void> {
    for (;;) {
      const before = changes;
      const { current, older, successor } = await read();
      if (changes !== before) continue;
      keyring.replace(current, older, successor);
      return;
    }
  }

  return {
    keyring,
    reload: () => {
      reloading ??= reload().finally(() => {
        reloading = undefined;
      });
      return reloading;
    },
    changed: (kid) => {
      changes += 1;
      keyring.drop(kid);
    },
  };
}

/** Who signs, who waits, who is only published. */
function arrange(keys: readonly Opened[], alg: SigningAlgorithm, now: number) {
  const startOf = (one: Opened) => one.signsFrom ?? one.createdAt;
  const own = keys
    .filter((one) => one.alg === alg)
    .toSorted((one, other) => startOf(other) - startOf(one));
  const current = own.find((one) => one.signsFrom === null || one.signsFrom <= now) ?? own[0];
  if (!current) throw new Error(`no signing key for ${alg} could be stored`);
  const waiting = own.find((one) => one.signsFrom !== null && one.signsFrom > now);
  return {
    current: current.key,
    older: keys.filter((one) => one !== current && one !== waiting).map(({ key }) => key),
    ...(waiting?.signsFrom ? { successor: { key: waiting.key, fromMs: waiting.signsFrom } } : {}),
  };
}

/** At start this is the first thing sealed that is opened: say what is wrong in words for an operator. */
function open(key: StoredSigningKey, sealer: Sealer): SigningKey {
  try {
    return openSigningKey(key, sealer);
  } catch (cause) {
    throw new Error(
      'The signing keys in this store do not open with this master key. Give the one they were sealed under.',
      { cause },
    );
  }
}
