/** How one setting is named and explained. */
interface Variable {
  /** Name in the environment. */
  readonly env: string;
  /** A secret may also come from the file named by `<env>_FILE`, and never from the config file. */
  readonly secret?: true;
}

/** Every setting of the broker, by its name in the config file. */
export const VARIABLES = {
  host: { env: 'COUNTERSIGN_HOST' },
  port: { env: 'COUNTERSIGN_PORT' },
  issuer: { env: 'COUNTERSIGN_ISSUER' },
  data_dir: { env: 'COUNTERSIGN_DATA_DIR' },
  policies: { env: 'COUNTERSIGN_POLICIES' },
  database_url: { env: 'DATABASE_URL', secret: true },
  migrate_database_url: { env: 'COUNTERSIGN_MIGRATE_DATABASE_URL', secret: true },
  master_key: { env: 'COUNTERSIGN_MASTER_KEY', secret: true },
  previous_master_key: { env: 'COUNTERSIGN_MASTER_KEY_PREVIOUS', secret: true },
  signing_alg: { env: 'COUNTERSIGN_SIGNING_ALG' },
  client_secrets: { env: 'COUNTERSIGN_CLIENT_SECRETS' },
  network_allow: { env: 'COUNTERSIGN_NETWORK_ALLOW' },
  trusted_proxies: { env: 'COUNTERSIGN_TRUSTED_PROXIES' },
  log_level: { env: 'COUNTERSIGN_LOG_LEVEL' },
  store_connections: { env: 'COUNTERSIGN_STORE_CONNECTIONS' },
  max_leases_per_agent: { env: 'COUNTERSIGN_MAX_LEASES_PER_AGENT' },
  agent_rate: { env: 'COUNTERSIGN_AGENT_RATE' },
  visit_rate: { env: 'COUNTERSIGN_VISIT_RATE' },
  sso_issuer: { env: 'COUNTERSIGN_SSO_ISSUER' },
  sso_client_id: { env: 'COUNTERSIGN_SSO_CLIENT_ID' },
  sso_client_secret: { env: 'COUNTERSIGN_SSO_CLIENT_SECRET', secret: true },
  sso_name: { env: 'COUNTERSIGN_SSO_NAME' },
  sso_scope: { env: 'COUNTERSIGN_SSO_SCOPE' },
  sso_groups_claim: { env: 'COUNTERSIGN_SSO_GROUPS_CLAIM' },
  sso_roles: { env: 'COUNTERSIGN_SSO_ROLES' },
  vault_address: { env: 'COUNTERSIGN_VAULT_ADDRESS' },
  vault_namespace: { env: 'COUNTERSIGN_VAULT_NAMESPACE' },
  vault_auth: { env: 'COUNTERSIGN_VAULT_AUTH' },
  vault_auth_mount: { env: 'COUNTERSIGN_VAULT_AUTH_MOUNT' },
  vault_token: { env: 'COUNTERSIGN_VAULT_TOKEN', secret: true },
  vault_role_id: { env: 'COUNTERSIGN_VAULT_ROLE_ID' },
  vault_secret_id: { env: 'COUNTERSIGN_VAULT_SECRET_ID', secret: true },
  vault_secret_id_wrapped: { env: 'COUNTERSIGN_VAULT_SECRET_ID_WRAPPED', secret: true },
  vault_kubernetes_role: { env: 'COUNTERSIGN_VAULT_KUBERNETES_ROLE' },
  vault_kubernetes_token_path: { env: 'COUNTERSIGN_VAULT_KUBERNETES_TOKEN_PATH' },
  vault_refresh: { env: 'COUNTERSIGN_VAULT_REFRESH' },
  vault_stale: { env: 'COUNTERSIGN_VAULT_STALE' },
  vault_transit_key: { env: 'COUNTERSIGN_VAULT_TRANSIT_KEY' },
  webhook_url: { env: 'COUNTERSIGN_WEBHOOK_URL', secret: true },
  webhook_secret: { env: 'COUNTERSIGN_WEBHOOK_SECRET', secret: true },
  slack_webhook_url: { env: 'COUNTERSIGN_SLACK_WEBHOOK_URL', secret: true },
  smtp_url: { env: 'COUNTERSIGN_SMTP_URL', secret: true },
  mail_from: { env: 'COUNTERSIGN_MAIL_FROM' },
  mail_to: { env: 'COUNTERSIGN_MAIL_TO' },
} as const satisfies Record<string, Variable>;

export type SettingName = keyof typeof VARIABLES;

/** Names the file that holds settings. */
export const CONFIG_FILE = 'COUNTERSIGN_CONFIG';

/** Variables of the command line: known here, so that they are not refused as misspelt. */
export const CLI_VARIABLES = [
  'COUNTERSIGN_URL',
  'COUNTERSIGN_OPERATOR_TOKEN_FILE',
  'COUNTERSIGN_AGENT_ID',
  'COUNTERSIGN_AGENT_KEY_FILE',
] as const;

/** Settings in the order of the table, with their traits. */
export function settings(): readonly (Variable & { readonly name: SettingName })[] {
  return (Object.keys(VARIABLES) as SettingName[]).map((name) => ({ name, ...VARIABLES[name] }));
}
