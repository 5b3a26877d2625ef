import { must, type VaultApi } from './api.ts';

/** Names of the leases of an installation that have a token at this Vault, as its administrator sees them. */
export async function leaseNamesAt(api: VaultApi, installation: string): Promise<string[]> {
  const { data } = await must(api, { method: 'LIST', path: 'auth/token/accessors/' });
  const names: string[] = [];
  for (const accessor of data.keys) {
    const path = 'auth/token/lookup-accessor';
    const { status, body } = await api.call({ method: 'POST', path, body: { accessor } });
    const name = status === 200 ? body.data.meta?.['countersign'] : undefined;
    if (name?.startsWith(`cs_${installation}_`)) names.push(name);
  }
  return names;
}

/** Leases of a role of the database engine, whoever's they are. */
export async function leasesAt(api: VaultApi, role = 'readonly'): Promise<readonly string[]> {
  const path = `sys/leases/lookup/database/creds/${role}/`;
  const { status, body } = await api.call({ method: 'LIST', path });
  return status === 200 ? body.data.keys : [];
}
