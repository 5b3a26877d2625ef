import pg from 'pg';
import type { Finding } from '../../ports/provider.ts';
import type { AdminSession } from './connections.ts';

const quote = pg.escapeIdentifier;

/** Functions that make, write, drop or ship large objects; reading one is left to its own privileges. */
const LARGE_OBJECTS = [
  'lo_create',
  'lo_creat',
  'lo_from_bytea',
  'lo_put',
  'lowrite',
  'lo_truncate',
  'lo_truncate64',
  'lo_unlink',
  'lo_import',
  'lo_export',
  'lo_open',
];

/** What PUBLIC, and so every lease, has without anybody having granted it to the lease. */
export async function publicFindings(session: AdminSession): Promise<Finding[]> {
  return [
    ...(await temporary(session)),
    ...(await create(session)),
    ...(await elsewhere(session)),
    ...(await largeObjects(session)),
    ...(await securityDefiner(session)),
    ...(await tables(session)),
  ];
}

/** One row per finding's object, each a finished REVOKE. */
async function revokes(
  session: AdminSession,
  query: string,
  values: unknown[] = [],
): Promise<string[]> {
  const { rows } = await session.client.query<{ sql: string }>(query, values);
  return rows.map((row) => row.sql);
}

function gap(id: string, message: string, sql: readonly string[]): Finding[] {
  return sql.length === 0 ? [] : [{ id, severity: 'gap', message, sql }];
}

async function temporary(session: AdminSession): Promise<Finding[]> {
  return gap(
    'public-temp',
    'PUBLIC may make temporary tables in this database. Its owner, or a superuser, takes that away; grant TEMPORARY first to applications that need it.',
    await revokes(
      session,
      `SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', datname) AS sql
       FROM pg_database d, aclexplode(coalesce(datacl, acldefault('d', datdba))) x
       WHERE datname = current_database() AND x.grantee = 0 AND x.privilege_type = 'TEMPORARY'`,
    ),
  );
}

async function create(session: AdminSession): Promise<Finding[]> {
  return gap(
    'public-create',
    'PUBLIC may create things in this database. The owner of each schema, or a superuser, takes that away.',
    await revokes(
      session,
      `SELECT format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', nspname) AS sql
       FROM pg_namespace n, aclexplode(n.nspacl) x
       WHERE x.grantee = 0 AND x.privilege_type = 'CREATE' AND nspname !~ '^pg_(temp|toast)'
       UNION ALL
       SELECT format('REVOKE CREATE ON DATABASE %I FROM PUBLIC', datname)
       FROM pg_database d, aclexplode(d.datacl) x
       WHERE datname = current_database() AND x.grantee = 0 AND x.privilege_type = 'CREATE'`,
    ),
  );
}

/** The admin keeps CONNECT there: what a lease left behind can only be dropped from inside. */
async function elsewhere(session: AdminSession): Promise<Finding[]> {
  const { rows } = await session.client.query<{ name: string }>(
    `SELECT datname::text AS name FROM pg_database d, aclexplode(coalesce(datacl, acldefault('d', datdba))) x
     WHERE datallowconn AND datname <> current_database() AND x.grantee = 0
       AND x.privilege_type = 'CONNECT' ORDER BY 1`,
  );
  return gap(
    'connect-elsewhere',
    `PUBLIC may connect to other databases of this server: ${rows.map((row) => row.name).join(', ')}. The owner of each, or a superuser, takes that away; grant CONNECT first to the roles that use them.`,
    rows.flatMap(({ name }) => [
      `REVOKE CONNECT ON DATABASE ${quote(name)} FROM PUBLIC`,
      `GRANT CONNECT ON DATABASE ${quote(name)} TO ${quote(session.target.user)}`,
    ]),
  );
}

const ROUTINE =
  "format('REVOKE EXECUTE ON ROUTINE %I.%I(%s) FROM PUBLIC', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS sql";
const PUBLIC_ROUTINES = `FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
  aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
  WHERE x.grantee = 0 AND x.privilege_type = 'EXECUTE'`;

async function largeObjects(session: AdminSession): Promise<Finding[]> {
  return gap(
    'large-objects',
    'PUBLIC may make and change large objects in this database. A superuser takes that away; grant EXECUTE first to applications that use large objects.',
    await revokes(
      session,
      `SELECT ${ROUTINE} ${PUBLIC_ROUTINES} AND n.nspname = 'pg_catalog' AND p.proname = ANY ($1::text[])
       ORDER BY 1`,
      [LARGE_OBJECTS],
    ),
  );
}

/** Functions that run with their owner's rights; those that return `trigger` cannot be called. */
async function securityDefiner(session: AdminSession): Promise<Finding[]> {
  return gap(
    'security-definer',
    'PUBLIC may call functions that run with the rights of their owner. The owner of each, or a superuser, takes that away; grant EXECUTE first to the roles that call them.',
    await revokes(
      session,
      `SELECT ${ROUTINE} ${PUBLIC_ROUTINES} AND p.prosecdef
         AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) ORDER BY 1`,
    ),
  );
}

/**
 * Tables, views and sequences that PUBLIC may read or change. What an extension lets everybody read (its
 * own reference tables) is its design; what it lets everybody change is not let pass.
 */
async function tables(session: AdminSession): Promise<Finding[]> {
  return gap(
    'public-tables',
    'PUBLIC has rights on tables of this database, so that every lease has them. The owner of each, or a superuser, takes them away; grant them first to the roles that need them.',
    await revokes(
      session,
      `WITH open AS (
         SELECT c.oid, n.nspname, c.relname, c.relkind, x.privilege_type, NULL::name AS attname
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) x
         WHERE x.grantee = 0 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
         UNION ALL
         SELECT c.oid, n.nspname, c.relname, c.relkind, x.privilege_type, a.attname
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(a.attacl) x
         WHERE x.grantee = 0 AND NOT a.attisdropped)
       SELECT format('REVOKE %s%s ON %s %I.%I FROM PUBLIC', privilege_type,
         coalesce(' (' || quote_ident(attname) || ')', ''), CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
         nspname, relname) AS sql
       FROM open WHERE nspname <> 'information_schema' AND nspname !~ '^pg_(temp|toast)'
         AND (nspname <> 'pg_catalog' OR privilege_type NOT IN ('SELECT', 'UPDATE') OR
           (privilege_type = 'UPDATE' AND relname <> 'pg_settings'))
         AND (privilege_type <> 'SELECT' OR NOT EXISTS (SELECT FROM pg_depend d
           WHERE d.classid = 'pg_class'::regclass AND d.objid = open.oid AND d.deptype = 'e'))
       ORDER BY 1`,
    ),
  );
}
