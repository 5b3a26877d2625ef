import type { SigningKeyStore, StoredSigningKey } from '../ports/keys.ts';
import type { Sealer } from '../ports/sealer.ts';
import { isSigningAlgorithm, type SigningAlgorithm } from './algorithms.ts';
import { createKeyring, type Keyring } from './keyring.ts';
import { generateSigningKey, openSigningKey } from './signing-key.ts';

/**
 * The keyring of this installation: makes the first key of the chosen algorithm, and publishes keys
 * of other algorithms too, since their tokens may still live.
 */
export async function loadSigningKeys(
  store: SigningKeyStore,
  sealer: Sealer,
  alg: SigningAlgorithm,
): Promise<Keyring> {
  const opened = async () =>
    (await store.list())
      .filter((key) => isSigningAlgorithm(key.alg))
      .map((key) => open(key, sealer));
  // Opened before one is made: a wrong master key must leave nothing behind that the right one cannot open.
  let keys = await opened();
  if (!keys.some((key) => key.alg === alg)) {
    await store.insertFirst(await generateSigningKey(alg, sealer));
    keys = await opened();
  }
  const current = keys.find((key) => key.alg === alg);
  if (!current) throw new Error(`no signing key for ${alg} could be stored`);
  return createKeyring(current, keys);
}

/** At start this is the first thing sealed that is opened: say what is wrong in words for an operator. */
function open(key: StoredSigningKey, sealer: Sealer) {
  try {
    return openSigningKey(key, sealer);
  } catch (cause) {
    throw new Error(
      'The signing keys in this store do not open with this master key. Give the one they were sealed under.',
      { cause },
    );
  }
}
