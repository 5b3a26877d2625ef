import pg from 'pg';
import type { Secret } from '../domain/secret.ts';

export const OWNER_ROLE = 'countersign_owner';
export const RUNTIME_ROLE = 'countersign';
export const DATABASE = 'countersign';

/**
 * Prepares the embedded server: an owner for migrations, a runtime role that owns nothing, and the
 * database. Repeating it changes nothing but the passwords.
 */
export async function bootstrap(
  server: { host: string; port: number; superuser: string; password: Secret },
  passwords: { owner: Secret; runtime: Secret },
): Promise<void> {
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    user: server.superuser,
    password: server.password.reveal(),
    database: 'postgres',
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await ensureRole(client, OWNER_ROLE, passwords.owner);
    await ensureRole(client, RUNTIME_ROLE, passwords.runtime);
    const found = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) {
      await client.query(`create database ${DATABASE} owner ${OWNER_ROLE}`);
      await client.query(`revoke all on database ${DATABASE} from public`);
      await client.query(`grant connect on database ${DATABASE} to ${RUNTIME_ROLE}`);
    }
  } finally {
    await client.end();
  }
}

async function ensureRole(client: pg.Client, role: string, password: Secret): Promise<void> {
  const found = await client.query('select from pg_roles where rolname = $1', [role]);
  const verb = found.rowCount === 0 ? 'create' : 'alter';
  await client.query(`${verb} role ${role} login password ${pg.escapeLiteral(password.reveal())}`);
}
