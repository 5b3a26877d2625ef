import type { VaultApi } from './api.ts';
import { startFakeVault } from './fake.ts';
import { findVaultBinary, startRealVault, versionOf } from './real.ts';

export interface RunningVault extends VaultApi {
  stop(): Promise<void>;
}

/** One Vault to run the contract against. */
export interface VaultWorld {
  readonly name: string;
  readonly real: boolean;
  start(): Promise<RunningVault>;
}

const binary = findVaultBinary();

/** The fake always, and the real one where this machine has it; the output of the tests says which. */
export const VAULT_WORLDS: readonly VaultWorld[] = [
  { name: 'fake Vault', real: false, start: startFakeVault },
  ...(binary ? [{ name: versionOf(binary), real: true, start: () => startRealVault(binary) }] : []),
];

/** Call once a file: says what its tests ran against. */
export function sayWorlds(): void {
  const names = VAULT_WORLDS.map(({ name }) => name).join(' and ');
  const missing = binary ? '' : ' (no bao or vault on this machine: see test/support/openbao)';
  console.log(`Vault tests run against ${names}${missing}.`);
}
