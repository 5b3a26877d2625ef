import { invalidRequest, secretUnavailable } from '../../domain/errors.ts';
import { isSecretName } from '../../domain/secret-name.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { SecretRows, SecretSource, SecretStore } from '../../ports/secrets.ts';
import { openRoot, sealRoot } from './root-box.ts';

/**
 * Root material kept in the store, sealed under the master key. A box opens only under its own name
 * and generation, so an old value put back in a newer row, or under another name, does not open.
 */
export function createSealedSecrets(parts: {
  readonly sealer: Sealer;
  readonly rows: SecretRows;
}): SecretSource & SecretStore {
  const { sealer, rows } = parts;
  return {
    async read(name) {
      const row = isSecretName(name) ? await rows.latest(name) : undefined;
      if (row === undefined) throw secretUnavailable(name);
      return openRoot(sealer, name, row);
    },
    async set(name, value, entry) {
      requireName(name);
      return rows.insertNext(name, (generation) => ({
        sealed: sealRoot(sealer, name, generation, value),
        entry: entry(generation),
      }));
    },
    list: () => rows.list(),
    async delete(name, entry) {
      requireName(name);
      return rows.delete(name, entry);
    },
  };
}

function requireName(name: string): void {
  if (isSecretName(name)) return;
  throw invalidRequest(
    'A secret name is lower-case letters, digits and . _ - in segments between slashes.',
    'name',
  );
}
