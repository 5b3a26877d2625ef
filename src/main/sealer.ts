import { type MasterKey, masterKeyFrom } from '../keys/master-key.ts';
import { createSealer } from '../keys/seal.ts';
import type { Config } from '../platform/config/config.ts';

export type LocalSealer = ReturnType<typeof createSealer>;

/**
 * Seals under the configured master key, and opens under the one given beside it.
 * @throws Error with one line when there is none, or it is not fit
 */
export function sealerOf(
  config: Pick<Config, 'masterKey' | 'previousMasterKey' | 'vault'>,
): LocalSealer {
  const { masterKey, vault } = config;
  if (vault?.transitKey !== undefined) {
    throw new Error(
      'Transit holds the master key, which is not replaced here. Rotate the Transit key in Vault instead (docs/vault.md).',
    );
  }
  if (!masterKey) throw new Error('There is no master key: set COUNTERSIGN_MASTER_KEY_FILE.');
  return sealerWith(masterKeyFrom(masterKey.reveal()), config);
}

/** Seals under this key, and opens under the one given beside it. @throws Error when that is not fit */
export function sealerWith(
  masterKey: MasterKey,
  { previousMasterKey }: Pick<Config, 'previousMasterKey'>,
): LocalSealer {
  return createSealer(
    masterKey,
    previousMasterKey ? [masterKeyFrom(previousMasterKey.reveal())] : [],
  );
}
