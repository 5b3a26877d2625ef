import { join } from 'node:path';
import { Secret } from '../../domain/secret.ts';
import type { LogLevel } from '../logger.ts';
import { devMasterKey, existingMasterKey } from './dev-master-key.ts';
import { type Mode, modeProblems } from './modes.ts';
import { Settings } from './schema.ts';
import { type NotifySettings, notifySettings } from './notify.ts';
import { type SsoSettings, ssoSettings } from './sso.ts';
import { type VaultSettings, vaultSettings } from './vault.ts';
import { type Environment, readSources, type Sources } from './sources.ts';
import { type SettingName, settings, VARIABLES } from './variables.ts';

export type { Mode } from './modes.ts';

/** The whole configuration, read once; each part of the broker gets its slice. */
export interface Config {
  readonly mode: Mode;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** The public URL, and `iss` of every token. */
    readonly issuer: string;
    /** Addresses and networks whose forwarded headers count. */
    readonly trustedProxies: readonly string[];
  };
  readonly dataDir: string;
  readonly policies: string;
  /** The runtime role's URL; undefined: the embedded store. */
  readonly databaseUrl: Secret | undefined;
  /** The owner's URL: for `migrate` alone, undefined everywhere else. */
  readonly migrateDatabaseUrl: Secret | undefined;
  readonly storeConnections: number;
  /** Always there in `dev` and `serve`, unless Vault's Transit engine holds it. */
  readonly masterKey: Secret | undefined;
  /** During a change of master key: what it was, or will be, still opens. */
  readonly previousMasterKey?: Secret | undefined;
  readonly signingAlg: 'ES256' | 'EdDSA' | 'PS256' | 'RS256';
  /** Clients may authenticate by `client_secret_basic` too. */
  readonly clientSecrets: boolean;
  /** `host:port` that outbound calls may reach although private or without TLS. */
  readonly networkAllow: readonly string[];
  readonly logLevel: LogLevel;
  readonly limits: {
    readonly leasesPerAgent: number;
    /** Requests a second. */
    readonly agentRate: number;
    /** Requests a minute of one address that has not signed in; 300 unless said. */
    readonly visitRate?: number;
  };
  /** Absent where no Vault is configured. */
  readonly vault?: VaultSettings;
  readonly notify?: NotifySettings;
  /** Absent where operators sign in by passkey only. */
  readonly sso?: SsoSettings;
}

export type LoadedConfig =
  | {
      readonly config: Config;
      /** What `dev` made because it was missing. */
      readonly notices: readonly string[];
      /** Every setting with its value and where it came from; secrets redacted. */
      readonly described: readonly DescribedSetting[];
    }
  | { readonly problems: readonly string[] };

export interface DescribedSetting {
  readonly name: string;
  readonly value: string;
  readonly from: string;
}

/**
 * Reads file and environment, the only place that does. All problems are told at once, as sentences
 * that name the setting and never its value.
 *
 * @param options.masterKeyProblem what is wrong with a master key, or nothing (keys/master-key)
 */
export function loadConfig(
  mode: Mode,
  options: {
    readonly masterKeyProblem: (text: string) => string | undefined;
    readonly env?: Environment;
  },
): LoadedConfig {
  const sources = readSources(options.env ?? process.env);
  const problems = [...sources.problems];
  const raw = Object.fromEntries([...sources.given].map(([name, { value }]) => [name, value]));
  const read = Settings.safeParse(raw);
  if (!read.success) {
    problems.push(...read.error.issues.map((issue) => problemOf(issue, sources)));
    return { problems };
  }
  const { given } = sources;
  problems.push(...modeProblems(mode, read.data, given, options.masterKeyProblem));
  if (problems.length > 0) return { problems };
  const made = masterKeyFor(mode, read.data, options.masterKeyProblem);
  if ('problem' in made) return { problems: [made.problem] };
  return {
    config: configOf(mode, read.data, made.key),
    notices: 'notice' in made && made.notice ? [made.notice] : [],
    described: describe(read.data, sources),
  };
}

function masterKeyFor(
  mode: Mode,
  read: Settings,
  problem: (text: string) => string | undefined,
): { key: string | undefined; notice?: string } | { problem: string } {
  // Where Transit holds the master key, none is made or looked for here.
  if (read.vault_transit_key !== undefined) return { key: read.master_key };
  if (mode === 'dev') return devMasterKey(read, problem);
  return { key: mode === 'local' ? existingMasterKey(read, problem) : read.master_key };
}

function configOf(mode: Mode, read: Settings, masterKey: string | undefined): Config {
  const secret = (text: string | undefined) => (text === undefined ? undefined : new Secret(text));
  return {
    mode,
    http: {
      host: read.host,
      port: read.port,
      issuer: read.issuer ?? `http://localhost:${read.port}`,
      trustedProxies: read.trusted_proxies,
    },
    dataDir: join(read.data_dir),
    policies: join(read.policies),
    databaseUrl: secret(read.database_url),
    migrateDatabaseUrl: mode === 'migrate' ? secret(read.migrate_database_url) : undefined,
    storeConnections: read.store_connections,
    masterKey: secret(masterKey),
    previousMasterKey: secret(read.previous_master_key),
    signingAlg: read.signing_alg,
    clientSecrets: read.client_secrets,
    networkAllow: read.network_allow,
    logLevel: read.log_level,
    limits: {
      leasesPerAgent: read.max_leases_per_agent,
      agentRate: read.agent_rate,
      visitRate: read.visit_rate,
    },
    ...vaultSettings(read),
    ...ssoSettings(read),
    notify: notifySettings(read),
  };
}

function problemOf(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string },
  { given }: Sources,
): string {
  const name = issue.path[0] as SettingName;
  return `${given.get(name)?.from ?? VARIABLES[name].env}: ${issue.message}`;
}

function describe(read: Settings, { given }: Sources): DescribedSetting[] {
  return settings().map(({ name, env, ...traits }) => {
    const value = read[name];
    const shown = Array.isArray(value) ? value.join(', ') : String(value ?? '');
    return {
      name: env,
      value: 'secret' in traits && value !== undefined ? '[redacted]' : shown,
      from: given.get(name)?.from ?? 'default',
    };
  });
}
