import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../platform/embedded-postgres/start.ts';
import type { Stage } from './stage.ts';

/** A PostgreSQL server that runs for the length of the demo. */
export interface OwnServer {
  /** As its superuser, who is neither the broker nor the agent. Open until the stage closes. */
  open(database: string): Promise<pg.Client>;
  url(database: string, user: string, password: string): string;
}

/** @param name of its folder on the stage */
export async function startOwnServer(stage: Stage, name: string): Promise<OwnServer> {
  const starting = startEmbeddedPostgres({
    dataDir: join(stage.dir, name),
    // Its data is thrown away when the demo ends.
    fsync: false,
  });
  const server = await stage.holding(starting, (one) => one.stop());
  const url = (database: string, user: string, password: string) =>
    `postgres://${user}:${password}@127.0.0.1:${server.port}/${database}`;
  const connect = async (database: string) => {
    const password = server.password.reveal();
    const client = new pg.Client({ connectionString: url(database, server.superuser, password) });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  return { url, open: (database) => stage.holding(connect(database), (client) => client.end()) };
}

export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}
