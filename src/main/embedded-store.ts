import { randomBytes } from 'node:crypto';
import type { Secret } from '../domain/secret.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/start.ts';
import { bootstrap, DATABASE, OWNER_ROLE, RUNTIME_ROLE } from '../store/bootstrap.ts';
import { migrate } from '../store/migrate.ts';
import { MIGRATIONS } from './places.ts';
import { renewStoreFile, storeUrl } from './store-file.ts';

export interface EmbeddedStore {
  readonly url: Secret;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the embedded PostgreSQL, prepares its roles and brings the schema up to date. */
export async function startEmbeddedStore(
  dataDir: string,
  options: { readonly fsync?: boolean; readonly log?: (line: string) => void } = {},
): Promise<EmbeddedStore> {
  const server = await startEmbeddedPostgres({ dataDir, ...options });
  try {
    const passwords = await renewStoreFile(dataDir, server.port);
    await bootstrap(server, passwords);
    await migrate({
      ownerUrl: storeUrl(OWNER_ROLE, passwords.owner, server.port, DATABASE),
      runtimeRole: RUNTIME_ROLE,
      directory: MIGRATIONS,
      newInstallationId: newInstallationId(),
    });
    return {
      url: storeUrl(RUNTIME_ROLE, passwords.runtime, server.port, DATABASE),
      port: server.port,
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Eight characters of `[0-9a-z]`: part of the name of everything we create outside. */
export function newInstallationId(): string {
  return BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .padStart(13, '0')
    .slice(-8);
}
