import { must } from '../support/vault/api.ts';
import type { DayGround } from './ground.ts';

/** What lives outside the brokers with their marker, everywhere. */
export interface Outside {
  /** Logins of leases at the shop. */
  readonly roles: readonly string[];
  /** Clones and logins where sandboxes are. */
  readonly sandboxes: readonly string[];
}

export async function lookOutside(ground: DayGround): Promise<Outside> {
  const { shop, sandboxes, installation } = ground;
  const [roles, there] = await Promise.all([
    shop.leaseRoles(installation),
    sandboxes.leftovers(installation),
  ]);
  // Templates and who owns them stay.
  return { roles, sandboxes: there.filter((name) => !/_[to]_/.test(name)) };
}

/** Logins and tokens that Vault still keeps for leases. */
export async function lookAtVault({ vault, installation }: DayGround): Promise<string[]> {
  const { vault: api } = vault;
  const left: string[] = [...(await vault.logins())];
  const leases = await api.call({
    method: 'LIST',
    path: 'sys/leases/lookup/database/creds/readonly/',
  });
  if (leases.status === 200) left.push(...leases.body.data.keys);
  const { data } = await must(api, { method: 'LIST', path: 'auth/token/accessors/' });
  for (const accessor of data.keys) {
    const path = 'auth/token/lookup-accessor';
    const { status, body } = await api.call({ method: 'POST', path, body: { accessor } });
    const name = status === 200 ? body.data.meta?.['countersign'] : undefined;
    if (name?.startsWith(`cs_${installation}_`)) left.push(name);
  }
  return left;
}

/** Promise 5 at any moment: what is outside is a lease that the store knows and will end. */
export async function unknownOutside(ground: DayGround): Promise<string[]> {
  const [before] = await ground.store.asSuperuser<{ now: string }>(
    'select clock_timestamp()::text as now',
  );
  const { roles, sandboxes } = await lookOutside(ground);
  const names = [...new Set([...roles, ...sandboxes])];
  const rows = await ground.store.asSuperuser<{ name: string }>(
    `select name from unnest($1::text[]) as name
     where not exists (select from countersign.leases l where l.outside_name = name
                       and (l.state <> 'revoked' or l.ended_at > $2::timestamptz))`,
    [names, before?.now],
  );
  return rows.map(({ name }) => name);
}
