import type { Secret } from '../domain/secret.ts';
import type { Config } from '../platform/config/config.ts';
import { DATABASE, RUNTIME_ROLE } from '../store/bootstrap.ts';
import { embeddedStoreUrl } from './store-file.ts';

/**
 * The store that commands on this host use: `DATABASE_URL`, else the embedded one of the data directory.
 * @throws Error that says how to get one
 */
export async function localStoreUrl(config: Config): Promise<Secret> {
  const url =
    config.databaseUrl ?? (await embeddedStoreUrl(config.dataDir, RUNTIME_ROLE, DATABASE));
  if (url) return url;
  throw new Error(
    `No store here: DATABASE_URL is not set and ${config.dataDir} holds no embedded one. Start it first: npm start`,
  );
}
