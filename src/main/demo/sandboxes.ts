import pg from 'pg';
import { newPassword, startOwnServer } from './own-server.ts';
import type { Stage } from './stage.ts';

const DATABASE = 'sandboxes';
const ADMIN = 'sandbox_admin';

/** The third server: where agents may break things. */
export interface Sandboxes {
  readonly version: string;
  /** The broker's root credential there: it can make databases and roles. */
  readonly adminUrl: string;
  /** As its superuser, who is neither the broker nor the agent. */
  readonly superuser: pg.Client;
}

export async function startSandboxes(stage: Stage): Promise<Sandboxes> {
  const server = await startOwnServer(stage, 'sandboxes');
  const superuser = await server.open('postgres');
  const adminPassword = newPassword();
  await superuser.query(
    `CREATE ROLE ${ADMIN} LOGIN CREATEDB CREATEROLE PASSWORD ${pg.escapeLiteral(adminPassword)}`,
  );
  await superuser.query(`CREATE DATABASE ${DATABASE} OWNER ${ADMIN} TEMPLATE template0`);
  const { rows } = await superuser.query<{ server_version: string }>('SHOW server_version');
  return {
    version: rows[0]?.server_version ?? '',
    adminUrl: server.url(DATABASE, ADMIN, adminPassword),
    superuser,
  };
}
