import { createSealer } from '../../src/keys/seal.ts';
import { parseMasterKey } from '../../src/keys/master-key.ts';
import { openSigningKey } from '../../src/keys/signing-key.ts';
import { createSigningKeyStore } from '../../src/store/signing-keys.ts';
import { createPool } from '../../src/store/pool.ts';
import type { TestKey } from '../keys/support.ts';
import type { TestBroker } from '../support/broker.ts';

/** The broker's own signing key, out of its store: what only the broker should ever sign with. */
export async function signingKeyOf(broker: TestBroker): Promise<TestKey> {
  const { databaseUrl, masterKey, signingAlg } = broker.config;
  const parsed = parseMasterKey(masterKey?.reveal() ?? '');
  if (!databaseUrl || 'problem' in parsed) throw new Error('no store');
  const pool = createPool({ url: databaseUrl, poolSize: 1 });
  try {
    const stored = await createSigningKeyStore(pool).list();
    const own = stored.find((key) => key.alg === signingAlg);
    if (!own) throw new Error('no signing key');
    return openSigningKey(own, createSealer(parsed.key));
  } finally {
    await pool.end();
  }
}
