import { providerFailed } from '../domain/errors.ts';
import { loadWrappedMasterKey } from '../keys/wrapped-master-key.ts';
import { type MasterKey, masterKeyFrom } from '../keys/master-key.ts';
import type { Config } from '../platform/config/config.ts';
import { createJsonCaller } from '../platform/json-caller.ts';
import type { WrappedMasterKeyStore } from '../ports/keys.ts';
import type { RemoteSecrets } from '../ports/secrets.ts';
import type { OpenVault, VaultSession } from '../ports/vault.ts';
import { createVaultSession } from '../secrets/vault/session.ts';
import { createTransitWrapper } from '../secrets/vault/transit.ts';
import { createVaultSecrets } from '../secrets/vault/vault-secrets.ts';

/** Everything of a broker that goes to a Vault. */
export interface VaultParts {
  /** For resources of kind vault, each with a login of its own. */
  readonly openVault: OpenVault;
  /** The broker's own login; absent where no Vault is configured. */
  readonly own?: { readonly session: VaultSession; readonly secrets: RemoteSecrets };
  close(): Promise<void>;
}

export function createVaultParts(config: Config, monotonicMs: () => number): VaultParts {
  const caller = createJsonCaller({ networkAllow: config.networkAllow });
  const openVault: OpenVault = (target) => createVaultSession(target, { caller, monotonicMs });
  if (!config.vault) return { openVault, close: () => caller.close() };
  const { target, refresh, stale } = config.vault;
  const { auth } = target;
  const wrapped = auth.method === 'approle' && auth.wrapped === true;
  // A command beside the broker would open the wrap, and the broker could not start any more.
  const session = config.mode === 'local' && wrapped ? leftAlone() : openVault(target);
  const times = { freshMs: refresh * 1000, staleMs: stale * 1000 };
  const secrets = createVaultSecrets({ session, monotonicMs, ...times });
  const close = async () => {
    await session.close();
    await caller.close();
  };
  return { openVault, own: { session, secrets }, close };
}

function leftAlone(): VaultSession {
  const refuse = async (): Promise<never> => {
    throw providerFailed(
      'provider_misconfigured',
      'Only the broker itself opens its wrapped secret id, so this command leaves Vault alone. Give it a login of its own: COUNTERSIGN_VAULT_AUTH=token.',
    );
  };
  return { call: refuse, health: refuse, keepAlive: refuse, close: async () => undefined };
}

/** The master key: held by Transit where the settings say so, else the local one. */
export async function masterKeyOf(
  config: Config,
  vault: VaultParts,
  store: WrappedMasterKeyStore,
  installation: string,
): Promise<MasterKey> {
  const given = config.masterKey?.reveal();
  const transitKey = config.vault?.transitKey;
  if (transitKey !== undefined && vault.own) {
    const wrapper = createTransitWrapper(vault.own.session, transitKey);
    return loadWrappedMasterKey({
      store,
      wrapper,
      installation,
      ...(given === undefined ? {} : { given }),
    });
  }
  if (given === undefined) {
    throw new Error('There is no master key: set COUNTERSIGN_MASTER_KEY_FILE.');
  }
  const key = masterKeyFrom(given);
  const wrapped = await store.current();
  if (wrapped && wrapped.id !== key.id) {
    throw new Error(
      `The master key of this store is held by ${wrapped.wrappedBy}: set COUNTERSIGN_VAULT_TRANSIT_KEY.`,
    );
  }
  return key;
}
