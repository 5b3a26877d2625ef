import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { ServerAddress } from './provided.ts';

export interface TestServer {
  readonly major: number;
  readonly host: string;
  readonly port: number;
  readonly superuser: { readonly user: string; readonly password: string };
  /** A connection URL; the superuser's where no user is named. */
  url(database: string, user?: string, password?: string): string;
  /** Makes an empty database with a name of its own, starting with `prefix`, and returns the name. */
  createDatabase(prefix: string): Promise<string>;
}

/** The major versions this machine can run; tests of another version skip with `skipIf`. */
export function availableMajors(): number[] {
  return inject('postgres').map((server) => server.major);
}

/**
 * The real PostgreSQL server of this major version, started once per run and shared: each test makes
 * its own databases and uniquely named roles.
 */
export async function testServer(major: 14 | 18 = 18): Promise<TestServer> {
  const found = inject('postgres').find((server) => server.major === major);
  if (!found) throw new Error(`no PostgreSQL ${major} on this machine; see availableMajors()`);
  return serverAt(found);
}

/** Runs SQL on a connection of its own. @param url of the superuser, mostly */
export async function queryOnce<T extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values?: unknown[],
): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** The server at an address of this machine. */
export function serverAt({ major, port, user, password }: ServerAddress): TestServer {
  const url = (database: string, name = user, secret = name === user ? password : '') =>
    `postgres://${encodeURIComponent(name)}${secret === '' ? '' : `:${encodeURIComponent(secret)}`}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  return {
    major,
    host: '127.0.0.1',
    port,
    superuser: { user, password },
    url,
    async createDatabase(prefix) {
      const name = `${prefix}_${randomBytes(6).toString('hex')}`;
      // template0: nobody is ever connected to it, so that many can be made at once.
      const create = `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`;
      await queryOnce(url('postgres'), create);
      return name;
    },
  };
}
