import { replaceSigningKeys, rotateSigningKey } from '../broker/rotate-keys.ts';
import { generateSigningKey } from '../keys/signing-key.ts';
import type { Config } from '../platform/config/config.ts';
import { createSealedRows } from '../store/sealed-rows.ts';
import { createSigningKeyStore } from '../store/signing-keys.ts';
import { hostSealer } from './host-sealer.ts';
import { onHostStore } from './host-store.ts';
import { requireMasterKey } from './sealed-keys.ts';
import { settingsFor } from './settings.ts';

/** `countersign key rotate`: works only where the store's own credentials and the master key are. */
export function runKeyRotate(options: { readonly emergency: boolean }) {
  return rotateKeyOf(settingsFor('local').config, options);
}

/** The same, where the configuration is known. */
export async function rotateKeyOf(
  config: Config,
  { emergency }: { readonly emergency: boolean },
): Promise<{ kid: string; alg: string; signs_from: string; removed: readonly string[] }> {
  return onHostStore(config, async (pool, { installation }) => {
    const sealer = await hostSealer(config, pool, installation);
    await requireMasterKey(createSealedRows(pool), sealer);
    const parts = { signingKeys: createSigningKeyStore(pool) };
    const key = await generateSigningKey(config.signingAlg, sealer);
    const { signsFrom, ...rotated } = emergency
      ? await replaceSigningKeys(parts, key, Date.now())
      : await rotateSigningKey(parts, key);
    return { ...rotated, signs_from: new Date(signsFrom).toISOString() };
  });
}
