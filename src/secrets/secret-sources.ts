import { secretElsewhere } from '../domain/errors.ts';
import { parseVaultReference } from '../domain/secret-name.ts';
import type { SecretSource } from '../ports/secrets.ts';

/** The store's own secrets and those kept in Vault, behind one port: the name says which is meant. */
export function createSecretSources(sources: {
  readonly sealed: SecretSource;
  /** Absent where no Vault is configured. */
  readonly vault?: SecretSource | undefined;
}): SecretSource {
  return {
    read: async (name) => {
      if (parseVaultReference(name) === undefined) return sources.sealed.read(name);
      if (!sources.vault) throw secretElsewhere(name);
      return sources.vault.read(name);
    },
  };
}
