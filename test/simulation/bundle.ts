import { SHOP_BUNDLE } from '../support/bundle.ts';
import { sandboxBundle } from '../support/sandbox-bundle.ts';
import { vaultResource } from '../support/vault/bundle.ts';

/** Its logins end by themselves after a minute. */
export const VAULT_ROLE = 'brief';
/** Seconds that a lease lives, where hours are usual: little more than providers take at least. */
const LEASE_TTL = '12s';
const GRANT_TTL = '15s';

/** Scopes, and how often a task asks for each. */
export const SCOPES = {
  'shop-staging:read': 55,
  'shop-staging:write': 15,
  'vault-shop:read': 20,
  'sandboxes:try': 10,
} as const;
export type ScopeId = keyof typeof SCOPES;

const RULES = `@id("support-reads") @ttl("${GRANT_TTL}") @leases("3")
permit (principal in Team::"support", action == Action::"read", resource);

@id("support-writes-staging") @ttl("${GRANT_TTL}") @leases("3")
permit (principal in Team::"support", action == Action::"write", resource in Environment::"staging");

@id("support-tries") @ttl("${GRANT_TTL}") @leases("3")
permit (principal in Team::"support", action == Action::"sandbox", resource in Resource::"sandboxes");
`;

/** The shop's bundle with everything that hands out credentials, all of them short. */
export function dayBundle(): Record<string, string> {
  const brief = (text = '') => text.replaceAll(/max_ttl: (?:15m|1h)/g, `max_ttl: ${LEASE_TTL}`);
  const files: Record<string, string> = sandboxBundle();
  const { 'rules/sandbox.cedar': _one, 'rules/access.cedar': _other, ...rest } = files;
  return {
    ...rest,
    'resources/shop-staging.yaml': brief(SHOP_BUNDLE['resources/shop-staging.yaml']),
    'resources/sandboxes.yaml': brief(files['resources/sandboxes.yaml']),
    'resources/vault-shop.yaml': vaultResource(LEASE_TTL, VAULT_ROLE),
    'rules/day.cedar': RULES,
  };
}
