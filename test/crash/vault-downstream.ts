import { must } from '../support/vault/api.ts';
import { openLeases } from '../support/vault/leases.ts';
import { startDurableVault } from '../support/vault/durable.ts';
import { LEASED_BUNDLE, LEASED_SCOPE } from '../support/vault/bundle.ts';
import type { Downstream } from './downstreams.ts';

const LEASES = 'sys/leases/lookup/database/creds/readonly/';

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
  const ground = await openLeases({ ...vault, start: async () => vault });
  const namesOf = async (installation: string): Promise<string[]> => {
    const { data } = await must(vault, { method: 'LIST', path: 'auth/token/accessors/' });
    const names: string[] = [];
    for (const accessor of data.keys) {
      const path = 'auth/token/lookup-accessor';
      const { status, body } = await vault.call({ method: 'POST', path, body: { accessor } });
      const name = status === 200 ? body.data.meta?.['countersign'] : undefined;
      if (name?.startsWith(`cs_${installation}_`)) names.push(name);
    }
    return names;
  };
  return {
    kind: 'vault',
    scope: LEASED_SCOPE,
    bundle: LEASED_BUNDLE,
    secrets: { 'vault/agents': ground.root.value.reveal() },
    networkAllow: [new URL(vault.address).host],
    port: Number(new URL(vault.address).port),
    outside: async (installation) => {
      const names = await namesOf(installation);
      const listed = await vault.call({ method: 'LIST', path: LEASES });
      const leases = listed.status === 200 ? listed.body.data.keys.length : 0;
      // A lease or a login that hangs on no token of ours would be alive and nobody's.
      const most = Math.max(leases, (await ground.logins()).length);
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
