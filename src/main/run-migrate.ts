import { RUNTIME_ROLE } from '../store/bootstrap.ts';
import { type MigrateResult, migrate } from '../store/migrate.ts';
import { newInstallationId } from './embedded-store.ts';
import { MIGRATIONS } from './places.ts';
import { settingsFor } from './settings.ts';

/**
 * `countersign migrate`: brings the schema up to date as its owner. The runtime role, which gets its
 * rights here, is the user of `DATABASE_URL`.
 * @returns the migration the store is at, and those applied just now
 */
export async function runMigrate(): Promise<MigrateResult> {
  const { config } = settingsFor('migrate');
  if (!config.migrateDatabaseUrl) throw new Error('COUNTERSIGN_MIGRATE_DATABASE_URL is not set.');
  const runtime = config.databaseUrl && new URL(config.databaseUrl.reveal()).username;
  return migrate({
    ownerUrl: config.migrateDatabaseUrl,
    runtimeRole: runtime ? decodeURIComponent(runtime) : RUNTIME_ROLE,
    directory: MIGRATIONS,
    newInstallationId: newInstallationId(),
  });
}
