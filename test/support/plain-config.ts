import { Secret } from '../../src/domain/secret.ts';
import type { Config } from '../../src/platform/config/config.ts';

/** A configuration as JSON, for a process of its own: its secrets are plain, so it goes through stdin only. */
export type PlainConfig = Omit<Config, 'databaseUrl' | 'masterKey' | 'migrateDatabaseUrl'> & {
  readonly databaseUrl: string;
  readonly masterKey: string;
};

export function plainOf(config: Config, changes: Partial<PlainConfig> = {}): PlainConfig {
  const { databaseUrl, masterKey, migrateDatabaseUrl: _owner, ...rest } = config;
  return {
    ...rest,
    databaseUrl: databaseUrl?.reveal() ?? '',
    masterKey: masterKey?.reveal() ?? '',
    ...changes,
  };
}

export function configOf({ databaseUrl, masterKey, ...rest }: PlainConfig): Config {
  return {
    ...rest,
    migrateDatabaseUrl: undefined,
    databaseUrl: new Secret(databaseUrl),
    masterKey: new Secret(masterKey),
  };
}
