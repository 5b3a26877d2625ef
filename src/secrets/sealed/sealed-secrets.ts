import { invalidRequest } from '../../domain/errors.ts';
import { isSecretName } from '../../domain/secret-name.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { SecretRows, SecretStore } from '../../ports/secrets.ts';
import { sealRoot } from './root-box.ts';

/**
 * Root material kept in the store, sealed under the master key; read by `createRootRotations`, which knows
 * what is pending. A box opens only under its own name and generation, so an old value put back in a newer
 * row, or under another name, does not open.
 */
export function createSealedSecrets(parts: {
  readonly sealer: Sealer;
  readonly rows: SecretRows;
}): SecretStore {
  const { sealer, rows } = parts;
  return {
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
