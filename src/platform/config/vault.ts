import { Secret } from '../../domain/secret.ts';
import type { VaultTarget } from '../../ports/vault.ts';
import type { Settings } from './schema.ts';
import { type SettingName, VARIABLES } from './variables.ts';

/** The broker's own login at Vault, and what it is used for. */
export interface VaultSettings {
  readonly target: VaultTarget;
  /** Seconds after which a secret is looked at again. */
  readonly refresh: number;
  /** Seconds for which what was read bridges an absence of Vault. */
  readonly stale: number;
  /** `<mount>/<key>` that holds the master key; undefined: the local master key. */
  readonly transitKey?: string;
}

const OF_METHOD = {
  approle: ['vault_role_id', 'vault_secret_id', 'vault_secret_id_wrapped'],
  kubernetes: ['vault_kubernetes_role'],
  token: ['vault_token'],
} as const satisfies Record<string, readonly SettingName[]>;

/** What is missing for a login at Vault, or belongs to another one. */
export function vaultProblems(read: Settings): string[] {
  const env = (name: SettingName) => VARIABLES[name].env;
  const given = (name: SettingName) => read[name] !== undefined;
  const all = Object.values(OF_METHOD).flat();
  if (read.vault_address === undefined) {
    const orphans = [...all, 'vault_auth', 'vault_auth_mount', 'vault_namespace'] as const;
    return [...orphans, 'vault_transit_key' as const]
      .filter(given)
      .map((name) => `${env(name)} is set, and ${env('vault_address')} is not`);
  }
  const method = read.vault_auth;
  if (method === undefined)
    return [`${env('vault_auth')} is not set: approle, kubernetes or token`];
  const own: readonly SettingName[] = OF_METHOD[method];
  const foreign = all.filter((name) => given(name) && !own.includes(name));
  const problems = foreign.map((name) => `${env(name)} is for another login than ${method}`);
  if (method !== 'approle') {
    const [needed] = own;
    if (needed && !given(needed)) problems.push(`${env(needed)} is not set: ${method} needs it`);
    return problems;
  }
  if (!given('vault_role_id'))
    problems.push(`${env('vault_role_id')} is not set: approle needs it`);
  if (given('vault_secret_id') === given('vault_secret_id_wrapped')) {
    problems.push(`set ${env('vault_secret_id')} or ${env('vault_secret_id_wrapped')}, not both`);
  }
  return problems;
}

/** The settings that stand for a login, once they were checked. */
export function vaultSettings(read: Settings): { vault?: VaultSettings } {
  if (read.vault_address === undefined || read.vault_auth === undefined) return {};
  const { vault_namespace: namespace, vault_transit_key: transitKey } = read;
  return {
    vault: {
      target: {
        address: read.vault_address,
        auth: authOf(read),
        ...(namespace === undefined ? {} : { namespace }),
      },
      refresh: read.vault_refresh,
      stale: read.vault_stale,
      ...(transitKey === undefined ? {} : { transitKey }),
    },
  };
}

function authOf(read: Settings): VaultTarget['auth'] {
  const secret = (text: string | undefined) => new Secret(text ?? '');
  const mount = read.vault_auth_mount ?? read.vault_auth ?? '';
  if (read.vault_auth === 'token') return { method: 'token', token: secret(read.vault_token) };
  if (read.vault_auth === 'kubernetes') {
    return {
      method: 'kubernetes',
      mount,
      role: read.vault_kubernetes_role ?? '',
      tokenPath: read.vault_kubernetes_token_path,
    };
  }
  return {
    method: 'approle',
    mount,
    roleId: read.vault_role_id ?? '',
    secretId: secret(read.vault_secret_id ?? read.vault_secret_id_wrapped),
    wrapped: read.vault_secret_id === undefined,
  };
}
