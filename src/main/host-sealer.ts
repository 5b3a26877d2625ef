import type { Config } from '../platform/config/config.ts';
import { createWrappedMasterKeyStore } from '../store/master-keys.ts';
import type { Pool } from '../store/pool.ts';
import { NO_BROKER_YET } from './sealed-keys.ts';
import { type LocalSealer, sealerOf, sealerWith } from './sealer.ts';
import { createVaultParts, masterKeyOf } from './vault.ts';

/**
 * The sealer of a command beside the broker, whoever holds the master key. Where Transit does, the command
 * has it opened with the broker's own login at Vault, as the broker does at its start.
 * @throws Error with one line when there is no master key yet, or it does not open
 */
export async function hostSealer(
  config: Config,
  pool: Pool,
  installation: string,
): Promise<LocalSealer> {
  if (config.vault?.transitKey === undefined) return sealerOf(config);
  const store = createWrappedMasterKeyStore(pool);
  // A command never is the first: it would make the key that a broker is about to bring along.
  if (!(await store.current())) throw new Error(NO_BROKER_YET);
  const vault = createVaultParts(config, () => performance.now());
  try {
    return sealerWith(await masterKeyOf(config, vault, store, installation), config);
  } finally {
    await vault.close();
  }
}
