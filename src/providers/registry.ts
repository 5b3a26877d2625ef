import type { AnyProvider } from '../ports/provider.ts';
import type { OpenVault } from '../ports/vault.ts';
import { createPostgresProvider, type PostgresProviderOptions } from './postgres/provider.ts';
import { createVaultProvider } from './vault/provider.ts';

export interface ProviderOptions extends PostgresProviderOptions {
  /** Absent where files are only checked: nothing is connected to then. */
  readonly openVault?: OpenVault;
}

const connectsToNothing: OpenVault = () => {
  throw new Error('these providers were built without a way to Vault');
};

/** Every kind of downstream this build knows, by `Provider.kind`. */
export function createProviders(options: ProviderOptions): ReadonlyMap<string, AnyProvider> {
  const postgres = createPostgresProvider(options);
  const vault = createVaultProvider({
    installation: options.installation,
    openVault: options.openVault ?? connectsToNothing,
  });
  return new Map<string, AnyProvider>([postgres, vault].map((one) => [one.kind, one]));
}
