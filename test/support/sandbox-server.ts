import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type OwnServer, startOwnServer } from './own-server.ts';

/** A server for sandboxes: PUBLIC connects to nothing, and an admin that may make databases and roles. */
export interface SandboxServer {
  readonly server: OwnServer;
  readonly adminUrl: string;
  readonly adminRole: string;
  asSuperuser<T extends pg.QueryResultRow>(sql: string, database?: string): Promise<T[]>;
  /** Databases and roles there that carry an installation's marker. */
  leftovers(installation: string): Promise<string[]>;
  stop(): Promise<void>;
}

/** @param durable where it is killed: what it committed is there when it is back */
export async function startSandboxServer(
  major: 14 | 18 = 18,
  durable = false,
): Promise<SandboxServer> {
  const server = await startOwnServer(major, { fsync: durable });
  const adminRole = `sandbox_admin_${randomBytes(4).toString('hex')}`;
  const run = async <T extends pg.QueryResultRow>(sql: string, database = 'postgres') => {
    const client = new pg.Client({ connectionString: server.url(database) });
    await client.connect();
    try {
      const result = (await client.query<T>(sql)) as unknown;
      return (Array.isArray(result) ? result.at(-1) : (result as pg.QueryResult<T>)).rows as T[];
    } finally {
      await client.end();
    }
  };
  await run(`create role ${adminRole} login createdb createrole password 'admin';
    grant pg_signal_backend to ${adminRole};
    revoke connect, temporary on database postgres, template1 from public`);
  await run(`create database sandboxes owner ${adminRole}`);
  await run('revoke connect, temporary on database sandboxes from public');
  return {
    server,
    adminRole,
    adminUrl: server.url('sandboxes', adminRole, 'admin'),
    asSuperuser: run,
    leftovers: async (installation) => {
      const rows = await run<{ name: string }>(
        `select datname as name from pg_database where datname like 'cs\\_${installation}\\_%'
         union select rolname from pg_roles where rolname like 'cs\\_${installation}\\_%' order by 1`,
      );
      return rows.map(({ name }) => name);
    },
    stop: () => server.stop(),
  };
}
