import type { SigningKeyStore } from '../ports/keys.ts';
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
  let stored = await store.list();
  if (!stored.some((key) => key.alg === alg)) {
    await store.insertFirst(await generateSigningKey(alg, sealer));
    stored = await store.list();
  }
  const keys = stored
    .filter((key) => isSigningAlgorithm(key.alg))
    .map((key) => openSigningKey(key, sealer));
  const current = keys.find((key) => key.alg === alg);
  if (!current) throw new Error(`no signing key for ${alg} could be stored`);
  return createKeyring(current, keys);
}
