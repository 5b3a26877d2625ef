import { invalidRequest, secretUnavailable } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import { isSecretName } from '../../domain/secret-name.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { SecretRows, SecretSource, SecretStore } from '../../ports/secrets.ts';

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
      const plain = sealer.open(placeOf(name, row.generation), row.sealed);
      const value = new Secret(plain.toString('utf8'));
      plain.fill(0);
      return { value, generation: row.generation };
    },
    async set(name, value, entry) {
      requireName(name);
      return rows.insertNext(name, (generation) => ({
        sealed: sealer.seal(placeOf(name, generation), Buffer.from(value.reveal(), 'utf8')),
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

function placeOf(name: string, generation: number): string {
  return `secret:${name}:${generation}`;
}
