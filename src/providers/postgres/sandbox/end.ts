import pg from 'pg';
import type { Reach } from '../../../ports/provider.ts';
import type { AdminSession } from '../connections.ts';
import { stopMaking } from '../fence.ts';
import { findLease } from '../lock-out.ts';
import type { Parts } from '../parts.ts';
import { endSessions } from '../sessions.ts';
import { dropDatabase, findDatabase } from './database.ts';

/**
 * Drops the database of a lease and the login by which we looked into it, if there are any: also one that the
 * server is still making for a broker that has died. For a lease without one it costs two questions.
 */
export async function endClone(parts: Parts, reach: Reach, name: string): Promise<void> {
  await parts.connections.use(reach, async (session) => {
    await stopMaking(session, name, reach.signal);
    if (await findDatabase(session, name)) await dropDatabase(session, name);
    await dropReader(session, parts.names.reader(name));
  });
}

/** It holds nothing but its membership, unless the sandbox made it own things there. */
export async function dropReader(session: AdminSession, reader: string): Promise<void> {
  const role = await findLease(session, reader);
  if (!role) return;
  await session.client.query(`ALTER ROLE ${pg.escapeIdentifier(reader)} NOLOGIN PASSWORD NULL`);
  await endSessions(session, role);
  await session.client.query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(reader)}`);
}
