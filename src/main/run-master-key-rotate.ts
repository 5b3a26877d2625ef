import { rotateMasterKey } from '../broker/rotate-master-key.ts';
import type { Config } from '../platform/config/config.ts';
import { createSealedRows } from '../store/sealed-rows.ts';
import { onHostStore } from './host-store.ts';
import { requireMasterKey } from './sealed-keys.ts';
import { sealerOf } from './sealer.ts';
import { settingsFor } from './settings.ts';

/** `countersign master-key rotate`: works only where the store's own credentials and both keys are. */
export function runMasterKeyRotate() {
  return rotateMasterKeyOf(settingsFor('local').config);
}

/** The same, where the configuration is known: to the key that is configured first. */
export async function rotateMasterKeyOf(
  config: Config,
): Promise<{ key_id: string; from: string | null; rewrapped: number }> {
  const sealer = sealerOf(config);
  return onHostStore(config, async (pool) => {
    const parts = { sealer, sealedRows: createSealedRows(pool) };
    const to = sealer.keyId;
    await requireMasterKey(parts.sealedRows, sealer);
    const { keyId, from, rewrapped } = await rotateMasterKey(parts, to);
    return { key_id: keyId, from: from ?? null, rewrapped };
  });
}
