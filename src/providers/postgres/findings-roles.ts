import pg from 'pg';
import type { Finding } from '../../ports/provider.ts';
import type { AdminSession } from './connections.ts';
import type { RoleNames } from './names.ts';

const quote = pg.escapeIdentifier;

/** What is wrong with the roles that are already ours at this server. */
export async function roleFindings(session: AdminSession, names: RoleNames): Promise<Finding[]> {
  const ours = [names.leasePattern, names.groupPattern];
  return [
    ...(session.major >= 16 ? await notAdministered(session, ours) : []),
    ...(await foreignMembers(session, names)),
    ...(await ownedByGroups(session, names)),
  ];
}

/** After the admin was replaced by another: what the old one made, the new one could not revoke. */
async function notAdministered(session: AdminSession, patterns: string[]): Promise<Finding[]> {
  const { rows } = await session.client.query<{ name: string }>(
    `SELECT rolname::text AS name FROM pg_roles r
     WHERE (rolname ~ $1 OR rolname ~ $2) AND NOT pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION')
     ORDER BY 1`,
    patterns,
  );
  if (rows.length === 0) return [];
  const user = quote(session.target.user);
  return [
    {
      id: 'admin-option',
      severity: 'blocking',
      message: `${rows.length} role(s) of this installation were made by another admin, so that this one could not revoke them. A superuser gives it ADMIN OPTION.`,
      sql: rows.map(({ name }) => `GRANT ${quote(name)} TO ${user} WITH ADMIN OPTION`),
    },
  ];
}

async function foreignMembers(session: AdminSession, names: RoleNames): Promise<Finding[]> {
  const { rows } = await session.client.query<{ lease: string; member: string }>(
    `SELECT l.rolname::text AS lease, r.rolname::text AS member FROM pg_auth_members m
     JOIN pg_roles l ON l.oid = m.roleid JOIN pg_roles r ON r.oid = m.member
     WHERE l.rolname ~ $1 AND r.rolname <> current_user AND NOT r.rolsuper
       AND r.rolname <> $2 || right(l.rolname, 26) ORDER BY 1, 2`,
    [names.leasePattern, names.readerPrefix],
  );
  if (rows.length === 0) return [];
  return [
    {
      id: 'foreign-members',
      severity: 'gap',
      message: `Somebody else can become a lease's role: ${rows.map((row) => row.member).join(', ')}. A superuser takes that away.`,
      // CASCADE: an earlier admin also granted the role to itself.
      sql: rows.map(({ lease, member }) => `REVOKE ${quote(lease)} FROM ${quote(member)} CASCADE`),
    },
  ];
}

/** A group holds grants and makes nothing; before 16 a lease can become it and make something. */
async function ownedByGroups(session: AdminSession, names: RoleNames): Promise<Finding[]> {
  const { rows } = await session.client.query<{ name: string; database: string }>(
    `SELECT DISTINCT r.rolname::text AS name, coalesce(b.datname, current_database())::text AS database
     FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid LEFT JOIN pg_database b ON b.oid = d.dbid
     WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND r.rolname ~ $1 ORDER BY 1, 2`,
    [names.groupPattern],
  );
  const here = rows.filter((row) => row.database === session.target.database);
  if (rows.length === 0) return [];
  return [
    {
      id: 'group-owns',
      severity: 'gap',
      message: `A lease became its group role and made something as it, in ${rows.map((row) => row.database).join(', ')}. A superuser drops it there; the grants come back with the next lease.`,
      sql: here.map(({ name }) => `DROP OWNED BY ${quote(name)}`),
    },
  ];
}
