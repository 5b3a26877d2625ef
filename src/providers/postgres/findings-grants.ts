import pg from 'pg';
import type { Scope } from '../../domain/scope.ts';
import type { Finding } from '../../ports/provider.ts';
import type { AdminSession } from './connections.ts';
import { readConstraints } from './constraints.ts';
import { type HeldPrivilege, PrivilegeSet } from './privileges.ts';
import { wantedBy } from './wanted.ts';

const quote = pg.escapeIdentifier;

/** What stands between the admin and granting what the scopes of its resource say. */
export async function grantFindings(
  session: AdminSession,
  scopes: readonly Scope[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const all = new PrivilegeSet();
  for (const scope of scopes) {
    const read = readConstraints(scope);
    if ('problems' in read) {
      findings.push(problem(scope, read.problems));
      continue;
    }
    const wanted = await wantedBy(session, read.constraints);
    if (wanted.missing.length > 0) findings.push(problem(scope, wanted.missing));
    for (const item of wanted.privileges.items()) all.add(item);
  }
  return [...findings, ...(await notGrantable(session, all)), ...(await connect(session))];
}

function problem(scope: Scope, problems: readonly string[]): Finding {
  return {
    id: `scope-${scope.name}`,
    severity: 'blocking',
    message: `The scope ${scope.id} does not fit its database: ${problems.join(' ')} Correct the resource file or the database.`,
    sql: [],
  };
}

/** By OID, since asking by name needs USAGE on the schema. The option on a table covers its columns. */
const NOT_GRANTABLE = `
SELECT w.kind, w.schema, w.name, w.privilege, w."column"
FROM json_to_recordset($1::json) AS w(kind text, schema text, name text, privilege text, "column" text)
LEFT JOIN pg_namespace n ON n.nspname = coalesce(w.schema, w.name)
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND w.kind <> 'SCHEMA'
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w."column" AND NOT a.attisdropped
WHERE NOT CASE w.kind
  WHEN 'SCHEMA' THEN has_schema_privilege(n.oid, w.privilege || ' WITH GRANT OPTION')
  WHEN 'SEQUENCE' THEN has_sequence_privilege(c.oid, w.privilege || ' WITH GRANT OPTION')
  ELSE CASE WHEN w."column" IS NULL THEN has_table_privilege(c.oid, w.privilege || ' WITH GRANT OPTION')
    ELSE has_column_privilege(c.oid, a.attnum, w.privilege || ' WITH GRANT OPTION') END
  END`;

async function notGrantable(session: AdminSession, wanted: PrivilegeSet): Promise<Finding[]> {
  const { rows } = await session.client.query<HeldPrivilege>(NOT_GRANTABLE, [
    JSON.stringify(wanted.items()),
  ]);
  if (rows.length === 0) return [];
  const lacking = new PrivilegeSet();
  for (const row of rows) lacking.add(row);
  const phrases = lacking.phrases();
  const more = phrases.length > 5 ? ` and ${phrases.length - 5} more` : '';
  return [
    {
      id: 'admin-grant-option',
      severity: 'blocking',
      message: `The admin cannot grant what the scopes say: ${phrases.slice(0, 5).join('; ')}${more}. The owner of each, or a superuser, gives it the grant option.`,
      sql: lacking.grantTo(session.target.user, ' WITH GRANT OPTION'),
    },
  ];
}

/** Leases connect by PUBLIC's right or, where that was taken away, by one the admin may pass on. */
async function connect(session: AdminSession): Promise<Finding[]> {
  const { rows } = await session.client.query<{ may: boolean }>(
    `SELECT has_database_privilege(d.oid, 'CONNECT WITH GRANT OPTION') OR EXISTS (
       SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
       WHERE x.grantee = 0 AND x.privilege_type = 'CONNECT') AS may
     FROM pg_database d WHERE d.datname = current_database()`,
  );
  if (rows[0]?.may) return [];
  const { database, user } = session.target;
  return [
    {
      id: 'admin-connect',
      severity: 'blocking',
      message:
        'PUBLIC may not connect to this database, and the admin cannot pass that right on. The owner, or a superuser, gives it the grant option.',
      sql: [`GRANT CONNECT ON DATABASE ${quote(database)} TO ${quote(user)} WITH GRANT OPTION`],
    },
  ];
}
