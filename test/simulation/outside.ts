import { leaseNamesAt, leasesAt } from '../support/vault/lease-tokens.ts';
import { VAULT_ROLE } from './bundle.ts';
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

/**
 * Leases and tokens that Vault still keeps for leases, and logins that still open. When a request is cut
 * while its engine makes a login, Vault may forget the login, whose password nobody was told: what ends that
 * one is the end that was written into it, here a minute later.
 */
export async function lookAtVault({ vault, installation }: DayGround): Promise<string[]> {
  const [logins, leases, tokens] = await Promise.all([
    vault.livingLogins(),
    leasesAt(vault.vault, VAULT_ROLE),
    leaseNamesAt(vault.vault, installation),
  ]);
  return [...logins, ...leases, ...tokens];
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
