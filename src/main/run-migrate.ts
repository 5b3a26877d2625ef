import { migrate } from '../store/migrate.ts';
import { RUNTIME_ROLE } from '../store/bootstrap.ts';
import { newInstallationId } from './embedded-store.ts';
import { MIGRATIONS } from './places.ts';
import { settingsFor } from './settings.ts';

/**
 * `countersign migrate`: brings the schema up to date as its owner. The runtime role, which gets its
 * rights here, is the user of `DATABASE_URL`.
 */
export async function runMigrate(): Promise<void> {
  const { config } = settingsFor('migrate');
  if (!config.migrateDatabaseUrl) throw new Error('COUNTERSIGN_MIGRATE_DATABASE_URL is not set.');
  const runtime = config.databaseUrl && new URL(config.databaseUrl.reveal()).username;
  const result = await migrate({
    ownerUrl: config.migrateDatabaseUrl,
    runtimeRole: runtime ? decodeURIComponent(runtime) : RUNTIME_ROLE,
    directory: MIGRATIONS,
    newInstallationId: newInstallationId(),
  });
  const done = result.applied.length === 0 ? 'nothing to do' : `applied ${result.applied.join(', ')}`;
  process.stdout.write(`The store is at ${result.current}: ${done}.\n`);
}
