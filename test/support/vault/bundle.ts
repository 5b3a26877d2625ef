import { SHOP_BUNDLE } from '../bundle.ts';

export const LEASED_SCOPE = 'vault-shop:read';

/** A resource whose logins Vault makes. @param maxTtl of a lease @param role of Vault's database engine */
export function vaultResource(maxTtl = '15m', role = 'readonly'): string {
  return `resource: vault-shop
kind: vault
environment: staging
owner: dana@example.com
connection: { url: { secret: vault/agents } }
scopes:
  read:
    effect: read
    description: Orders, through a role of Vault
    max_ttl: ${maxTtl}
    vault: { path: database/creds/${role}, type: database, hints: { database: shop } }
`;
}

/** The shop's bundle with it. */
export const LEASED_BUNDLE: Readonly<Record<string, string>> = {
  ...SHOP_BUNDLE,
  'resources/vault-shop.yaml': vaultResource(),
};
