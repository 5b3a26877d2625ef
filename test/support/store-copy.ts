import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { testServer } from './postgres.ts';
import type { TestStore } from './store.ts';

/** A copy of a store as it is now, under the same roles: its backup. Nobody may be connected to it. */
export async function copyStore(store: TestStore): Promise<TestStore> {
  const server = await testServer();
  const database = `copy_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: server.url('postgres') });
  await client.connect();
  try {
    await client.query(`create database ${database} template ${store.database}`);
  } finally {
    await client.end();
  }
  const at = (url: string) => url.replace(`/${store.database}`, `/${database}`);
  return {
    ...store,
    database,
    runtimeUrl: at(store.runtimeUrl),
    ownerUrl: at(store.ownerUrl),
    asSuperuser: async <T extends pg.QueryResultRow>(sql: string, values?: unknown[]) => {
      const session = new pg.Client({ connectionString: server.url(database) });
      await session.connect();
      try {
        return (await session.query<T>(sql, values)).rows;
      } finally {
        await session.end();
      }
    },
  };
}
