import pg from 'pg';
import type { Reach } from '../../ports/provider.ts';
import type { AdminConnections, AdminSession } from './connections.ts';
import { failureCode } from './failures.ts';
import type { RoleNames } from './names.ts';
import type { LeaseIdentity } from './sessions.ts';

const quote = pg.escapeIdentifier;

interface Prepared {
  gid: string;
  database: string;
  owner: string;
}

/**
 * Prepared transactions of the lease; before 16 also those of its groups, since there a session can become
 * its group before it prepares. Nobody else prepares anything as a group.
 */
const PREPARED = `
SELECT p.gid, p.database::text, p.owner::text FROM pg_prepared_xacts p
WHERE p.owner = $1 OR ($3 AND p.owner IN (SELECT g.rolname FROM pg_auth_members m
  JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = $2))`;

/** Rolls back what the lease prepared: it would hold locks and changes for ever. */
export async function rollBackPrepared(
  connections: AdminConnections,
  reach: Reach,
  lease: LeaseIdentity,
): Promise<void> {
  const prepared = await connections.use(reach, async (session) => {
    const { rows } = await session.client.query<Prepared>(PREPARED, [
      lease.name,
      lease.oid,
      session.major < 16,
    ]);
    for (const owner of new Set(rows.map((row) => row.owner))) {
      if (owner !== lease.name) {
        await session.client.query(`GRANT ${quote(owner)} TO CURRENT_USER`);
      }
    }
    return rows;
  });
  for (const database of new Set(prepared.map((row) => row.database))) {
    const here = prepared.filter((row) => row.database === database);
    // A connection of its own: it becomes the owner, which is the only one that may roll back.
    await connections.useOnce(reach, database, (session) => rollBackAll(session, here));
  }
}

async function rollBackAll(session: AdminSession, prepared: readonly Prepared[]): Promise<void> {
  for (const { gid, owner } of prepared) {
    await session.client.query(`SET ROLE ${quote(owner)}`);
    try {
      await session.client.query(`ROLLBACK PREPARED ${pg.escapeLiteral(gid)}`);
    } catch (error) {
      if (failureCode(error) !== '42704') throw error;
    }
  }
}

/** Databases in which the role owns something or is mentioned; memberships go with the role. */
const PLACES = `
SELECT DISTINCT coalesce(b.datname, current_database())::text AS database
FROM pg_shdepend d LEFT JOIN pg_database b ON b.oid = d.dbid
WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = $1
  AND d.classid <> 'pg_auth_members'::regclass`;

/** Drops what the lease owns and takes back what it was granted, in every database of the server. */
export async function dropOwned(
  connections: AdminConnections,
  reach: Reach,
  lease: LeaseIdentity,
): Promise<void> {
  const places = await connections.use(reach, async (session) => {
    const { rows } = await session.client.query<{ database: string }>(PLACES, [lease.oid]);
    return rows.map((row) => row.database);
  });
  for (const database of places) {
    await connections.useOnce(reach, database, async (session) => {
      await unlinkLargeObjects(session, lease);
      await session.client.query(`DROP OWNED BY ${quote(lease.name)}`);
    });
  }
}

/**
 * In batches, since DROP OWNED takes one lock for each and a million of them do not fit its lock table.
 * Where EXECUTE on lo_unlink was taken from PUBLIC, no lease could make any.
 */
async function unlinkLargeObjects(session: AdminSession, lease: LeaseIdentity): Promise<void> {
  const { rows } = await session.client.query<{ may: boolean }>(
    "SELECT has_function_privilege('pg_catalog.lo_unlink(oid)', 'EXECUTE') AS may",
  );
  if (!rows[0]?.may) return;
  for (let unlinked = 1; unlinked > 0; ) {
    const result = await session.client.query(
      `SELECT lo_unlink(oid) FROM (SELECT oid FROM pg_largeobject_metadata
       WHERE lomowner = $1 LIMIT 500) batch`,
      [lease.oid],
    );
    unlinked = result.rowCount ?? 0;
  }
}

/**
 * Leases of which anything is left but the role itself: prepared transactions, something owned or granted in
 * any database, a database or a reader of their own.
 */
const REMAINS = `
WITH prepared AS MATERIALIZED (SELECT owner FROM pg_prepared_xacts)
SELECT lease.oid FROM unnest($1::oid[], $2::text[], $3::text[]) AS lease(oid, name, reader)
WHERE EXISTS (SELECT FROM prepared WHERE owner = lease.name)
  OR ($4 AND EXISTS (SELECT FROM prepared p JOIN pg_roles g ON g.rolname = p.owner
    JOIN pg_auth_members m ON m.roleid = g.oid WHERE m.member = lease.oid))
  OR EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass
    AND d.refobjid = lease.oid AND d.classid <> 'pg_auth_members'::regclass)
  OR EXISTS (SELECT FROM pg_database b WHERE b.datname = lease.name)
  OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = lease.reader)`;

/** @returns the OIDs of those leases */
export async function withRemains(
  session: AdminSession,
  leases: readonly LeaseIdentity[],
  names: RoleNames,
): Promise<readonly number[]> {
  if (leases.length === 0) return [];
  const { rows } = await session.client.query<{ oid: number }>(REMAINS, [
    leases.map(({ oid }) => oid),
    leases.map(({ name }) => name),
    leases.map(({ name }) => names.reader(name)),
    session.major < 16,
  ]);
  return rows.map(({ oid }) => oid);
}
