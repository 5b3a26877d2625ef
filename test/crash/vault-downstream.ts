import { openLeases } from '../support/vault/leases.ts';
import { leaseNamesAt, leasesAt } from '../support/vault/lease-tokens.ts';
import { startDurableVault } from '../support/vault/durable.ts';
import { LEASED_BUNDLE, LEASED_SCOPE } from '../support/vault/bundle.ts';
import type { Downstream } from './downstreams.ts';

/**
 * What Vault makes: the real one where this machine has it, else the fake.
 *
 * The rule for killing it: a Vault in dev mode would forget everything, leases and the logins behind
 * them included, which is no crash but a loss. So the real one keeps its storage in files, comes back on
 * the same port with what it had written, sealed, and is unsealed as an operator would; between the two
 * the broker meets a sealed Vault. The fake keeps its state over a death: connections end in the middle of
 * a request, the port is closed for a moment.
 */
export async function vaultLeases(): Promise<Downstream> {
  const vault = await startDurableVault();
  console.log(`The Vault that is killed is ${vault.name}.`);
  const ground = await openLeases({ ...vault, start: async () => vault });
  return {
    kind: 'vault',
    scope: LEASED_SCOPE,
    bundle: LEASED_BUNDLE,
    secrets: { 'vault/agents': ground.root.value.reveal() },
    networkAllow: [new URL(vault.address).host],
    port: Number(new URL(vault.address).port),
    outside: async (installation) => {
      const names = await leaseNamesAt(vault, installation);
      const leases = await leasesAt(vault);
      // A lease or a login that hangs on no token of ours would be alive and nobody's.
      const most = Math.max(leases.length, (await ground.logins()).length);
      return [
        ...names,
        ...Array.from({ length: Math.max(0, most - names.length) }, () => 'nobody'),
      ];
    },
    kill: () => vault.kill(),
    back: () => vault.back(),
    stop: () => ground.stop(),
  };
}
