import pg from 'pg';
import type { AdminSession } from './connections.ts';
import { failureCode } from './failures.ts';
import type { RoleNames } from './names.ts';
import { endSessions, type LeaseIdentity } from './sessions.ts';

const quote = pg.escapeIdentifier;

/** Members of a lease's role other than the admin and our own reader. A lease can make some, before 16. */
async function foreignMembers(
  session: AdminSession,
  lease: LeaseIdentity,
  names: RoleNames,
): Promise<LeaseIdentity[]> {
  const { rows } = await session.client.query<LeaseIdentity>(
    `SELECT r.rolname::text AS name, r.oid FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
     WHERE m.roleid = $1 AND r.rolname NOT IN (current_user, $2)`,
    [lease.oid, names.reader(lease.name)],
  );
  return rows;
}

/**
 * Takes the lease's role away from everybody but the admin, and ends their sessions where they are leases
 * of ours: a session that has become the lease's role stays so until it ends.
 * @returns names of the members: those that were removed, and those that only a superuser can remove
 */
export async function removeForeignMembers(
  session: AdminSession,
  lease: LeaseIdentity,
  names: RoleNames,
): Promise<{ readonly removed: string[]; readonly left: string[] }> {
  const members = await foreignMembers(session, lease, names);
  if (members.length === 0) return { removed: [], left: [] };
  for (const member of members) {
    try {
      await session.client.query(`REVOKE ${quote(lease.name)} FROM ${quote(member.name)}`);
    } catch (error) {
      // From 16 on somebody else's grant is somebody else's to take back.
      if (!['42501', '2BP01'].includes(failureCode(error))) throw error;
    }
    if (names.isLease(member.name)) await endSessions(session, member);
  }
  const left = (await foreignMembers(session, lease, names)).map((member) => member.name);
  const removed = members.map((member) => member.name).filter((name) => !left.includes(name));
  return { removed, left };
}

/** OIDs of those among these leases that have members of that kind. */
export async function withForeignMembers(
  session: AdminSession,
  leases: readonly LeaseIdentity[],
  names: RoleNames,
): Promise<ReadonlySet<number>> {
  if (leases.length === 0) return new Set();
  const { rows } = await session.client.query<{ oid: number }>(
    `SELECT DISTINCT m.roleid AS oid FROM pg_auth_members m
     JOIN unnest($1::oid[], $2::text[]) AS lease(oid, reader) ON lease.oid = m.roleid
     JOIN pg_roles r ON r.oid = m.member WHERE r.rolname NOT IN (current_user, lease.reader)`,
    [leases.map(({ oid }) => oid), leases.map(({ name }) => names.reader(name))],
  );
  return new Set(rows.map(({ oid }) => oid));
}
