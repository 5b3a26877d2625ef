import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { Secret } from '../../src/domain/secret.ts';
import { newInstallationId } from '../../src/main/embedded-store.ts';
import { migrate } from '../../src/store/migrate.ts';
import { queryOnce, testServer } from './postgres.ts';

export const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** A migrated store of its own on a real server: database, owner and runtime role. */
export interface TestStore {
  readonly database: string;
  readonly runtimeRole: string;
  readonly runtimeUrl: string;
  readonly ownerUrl: string;
  /** As the server's superuser, in the store's database. */
  asSuperuser<T extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]>;
  /** From here on the broker can append nothing to its audit, until it is opened again. */
  closeAudit(): Promise<unknown>;
  openAudit(): Promise<unknown>;
}

export async function createTestStore(major: 14 | 18 = 18): Promise<TestStore> {
  const server = await testServer(major);
  const tag = randomBytes(5).toString('hex');
  const [owner, runtime] = [`store_owner_${tag}`, `store_runtime_${tag}`];
  const database = await server.createDatabase('store');
  const run = <T extends pg.QueryResultRow>(sql: string, values?: unknown[]) =>
    queryOnce<T>(server.url(database), sql, values);
  await run(`create role ${owner} login password 'owner'; create role ${runtime} login password 'runtime';
    alter database ${database} owner to ${owner}`);
  const store = {
    database,
    runtimeRole: runtime,
    runtimeUrl: server.url(database, runtime, 'runtime'),
    ownerUrl: server.url(database, owner, 'owner'),
    asSuperuser: run,
    closeAudit: () => run(`revoke execute on function countersign.append_audit from ${runtime}`),
    openAudit: () => run(`grant execute on function countersign.append_audit to ${runtime}`),
  };
  await migrate({
    ownerUrl: new Secret(store.ownerUrl),
    runtimeRole: runtime,
    directory: MIGRATIONS,
    newInstallationId: newInstallationId(),
  });
  return store;
}
