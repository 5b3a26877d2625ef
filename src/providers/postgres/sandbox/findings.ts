import pg from 'pg';
import type { Resource } from '../../../domain/resource.ts';
import type { Finding } from '../../../ports/provider.ts';
import type { AdminSession } from '../connections.ts';
import { adminFindings } from '../findings-admin.ts';
import { roleFindings } from '../findings-roles.ts';
import type { RoleNames } from '../names.ts';
import { sandboxProblems } from './constraints.ts';

const quote = pg.escapeIdentifier;
/** Extensions by which a session reaches other servers, files or programs. */
export const ROADS_OUT = [
  'dblink',
  'postgres_fdw',
  'file_fdw',
  'adminpack',
  'plpython3u',
  'plperlu',
];
/** Begins the comment on a template that says what in it stays with superusers. */
export const TEMPLATE_COMMENT = 'countersign template, of superusers: ';

/** What stands between a server and handing out sandboxes on it. */
export async function sandboxFindings(
  session: AdminSession,
  names: RoleNames,
  resource: Resource,
): Promise<Finding[]> {
  return [
    ...(await adminFindings(session, { createdb: true })),
    ...scopeFindings(resource),
    ...(await roleFindings(session, names)),
    ...(await openDatabases(session)),
    ...(await roadsOut(session)),
    ...(await superuserObjects(session, names)),
  ];
}

function scopeFindings(resource: Resource): Finding[] {
  return [...resource.scopes.values()].flatMap((scope): Finding[] => {
    const problems =
      scope.effect === 'sandbox'
        ? sandboxProblems(scope)
        : ['A resource that hands out sandboxes hands out nothing else.'];
    if (problems.length === 0) return [];
    const message = `The scope ${scope.id} cannot be issued: ${problems.join(' ')}`;
    return [{ id: `scope-${scope.name}`, severity: 'blocking', message, sql: [] }];
  });
}

/** A sandbox runs whatever an agent writes: it connects to its own database and to no other. */
async function openDatabases(session: AdminSession): Promise<Finding[]> {
  const { rows } = await session.client.query<{ name: string }>(
    `SELECT datname::text AS name FROM pg_database d, aclexplode(coalesce(datacl, acldefault('d', datdba))) x
     WHERE datallowconn AND x.grantee = 0 AND x.privilege_type = 'CONNECT' ORDER BY 1`,
  );
  if (rows.length === 0) return [];
  const { user, database } = session.target;
  return [
    {
      id: 'sandbox-connect-elsewhere',
      severity: 'blocking',
      message: `PUBLIC may connect to databases of this server, and so could every sandbox: ${rows.map((row) => row.name).join(', ')}. The owner of each, or a superuser, takes that away; grant CONNECT first to the roles that use them.`,
      sql: rows.flatMap(({ name }) => [
        ...(name === database
          ? [`GRANT CONNECT ON DATABASE ${quote(name)} TO ${quote(user)}`]
          : []),
        `REVOKE CONNECT, TEMPORARY ON DATABASE ${quote(name)} FROM PUBLIC`,
      ]),
    },
  ];
}

/** A trusted extension can be installed by whoever may CREATE in a database, as a sandbox may. */
async function roadsOut(session: AdminSession): Promise<Finding[]> {
  const { rows } = await session.client.query<{ name: string }>(
    `SELECT DISTINCT name::text FROM pg_available_extension_versions
     WHERE trusted AND name = ANY ($1::text[]) ORDER BY 1`,
    [ROADS_OUT],
  );
  if (rows.length === 0) return [];
  return [
    {
      id: 'sandbox-trusted-roads',
      severity: 'blocking',
      message: `Extensions that reach other servers or files are marked trusted here, so that every sandbox could install them: ${rows.map((row) => row.name).join(', ')}. Take the mark out of their control files.`,
      sql: [],
    },
  ];
}

/** What `REASSIGN OWNED` leaves where it is. Listed when the template was built. */
async function superuserObjects(session: AdminSession, names: RoleNames): Promise<Finding[]> {
  const { rows } = await session.client.query<{ name: string; what: string }>(
    `SELECT datname::text AS name, substr(shobj_description(oid, 'pg_database'), length($2) + 1) AS what
     FROM pg_database WHERE datname ~ $1 AND starts_with(shobj_description(oid, 'pg_database'), $2)
     ORDER BY 1`,
    [names.templatePattern, TEMPLATE_COMMENT],
  );
  return rows.flatMap(({ name, what }): Finding[] => {
    if (what === '') return [];
    const roads = ROADS_OUT.filter((road) => what.includes(`extension ${road};`));
    return [
      {
        id: roads.length > 0 ? 'sandbox-roads-out' : 'sandbox-superuser-objects',
        severity: roads.length > 0 ? 'blocking' : 'advice',
        message:
          roads.length > 0
            ? `Template ${name} holds what a superuser installed and what reaches other servers or files: ${roads.join(', ')}. Drop it there, or build the template again.`
            : `Template ${name} holds objects of a superuser, which stay as they are in every sandbox: ${what}`,
        sql: [],
      },
    ];
  });
}
