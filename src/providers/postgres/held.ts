import type { AdminSession } from './connections.ts';
import { type HeldPrivilege, PrivilegeSet } from './privileges.ts';

/** What a group role really is and holds. */
export interface Held {
  readonly oid: number;
  /** The comment, which names the digest of the scope it was made for. */
  readonly digest: string | null;
  readonly privileges: PrivilegeSet;
  /** Anything a group role must never have, as sentences. */
  readonly oddities: readonly string[];
  /** Roles the group is a member of: none, unless somebody slipped it into one. */
  readonly memberOf: readonly string[];
}

interface RoleRow {
  oid: number;
  digest: string | null;
  attributes: boolean;
  memberof: string[];
}
type PrivilegeRow = Omit<HeldPrivilege, 'kind'> & {
  kind: HeldPrivilege['kind'] | 'other';
  grantable: boolean;
};

const ROLE = `
SELECT r.oid, shobj_description(r.oid, 'pg_authid') AS digest,
  r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
    AS attributes,
  ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
    WHERE m.member = r.oid) AS memberof
FROM pg_roles r WHERE r.rolname = $1`;

/**
 * Every object on which the role is mentioned, found by the shared dependencies, so that no catalog is
 * scanned. What is neither a privilege here nor on a database is `other`; so is a right to pass one on.
 */
const PRIVILEGES = `
WITH d AS (SELECT dbid, classid, objid, objsubid, deptype FROM pg_shdepend
  WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1),
here AS (SELECT * FROM d WHERE deptype = 'a'
  AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, n.nspname::text AS schema,
  c.relname::text AS name, NULL AS column,
  x.privilege_type AS privilege, x.is_grantable AS grantable
FROM here JOIN pg_class c ON here.classid = 'pg_class'::regclass AND c.oid = here.objid AND here.objsubid = 0
JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x WHERE x.grantee = $1
UNION ALL
SELECT 'TABLE', n.nspname, c.relname, a.attname, x.privilege_type, x.is_grantable
FROM here JOIN pg_attribute a ON here.classid = 'pg_class'::regclass AND a.attrelid = here.objid AND a.attnum = here.objsubid
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(a.attacl) x
WHERE x.grantee = $1
UNION ALL
SELECT 'SCHEMA', NULL, n.nspname, NULL, x.privilege_type, x.is_grantable
FROM here JOIN pg_namespace n ON here.classid = 'pg_namespace'::regclass AND n.oid = here.objid, aclexplode(n.nspacl) x
WHERE x.grantee = $1
UNION ALL
SELECT 'DATABASE', NULL, b.datname, NULL, x.privilege_type, x.is_grantable
FROM d JOIN pg_database b ON d.classid = 'pg_database'::regclass AND b.oid = d.objid AND d.deptype = 'a',
aclexplode(b.datacl) x WHERE x.grantee = $1
UNION ALL
SELECT 'other', NULL, format('%s %s (%s)', d.classid::regclass, d.objid, d.deptype), NULL, '', false
FROM d WHERE NOT (deptype = 'o' AND $2) AND NOT (deptype = 'a' AND (classid = 'pg_database'::regclass
  OR (classid IN ('pg_class'::regclass, 'pg_namespace'::regclass)
    AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))))`;

/** @returns what the group role holds, or `undefined` when it does not exist */
export async function heldBy(session: AdminSession, group: string): Promise<Held | undefined> {
  const role = (await session.client.query<RoleRow>(ROLE, [group])).rows[0];
  if (!role) return undefined;
  const { rows } = await session.client.query<PrivilegeRow>(PRIVILEGES, [
    role.oid,
    // Before 16 a lease may become its group and make things as it; `probe` lists those.
    session.major < 16,
  ]);
  const set = new PrivilegeSet();
  const oddities: string[] = [];
  if (role.attributes)
    oddities.push(`Role ${group} may log in or has an attribute it must not have.`);
  for (const row of rows) {
    const { kind } = row;
    if (kind === 'other') oddities.push(`Role ${group} is tied to ${row.name}.`);
    else set.add({ ...row, kind });
    if (row.grantable) oddities.push(`Role ${group} may pass on ${row.privilege} on ${row.name}.`);
  }
  return {
    oid: role.oid,
    digest: role.digest,
    privileges: set,
    oddities,
    memberOf: role.memberof,
  };
}
