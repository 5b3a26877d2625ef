import pg from 'pg';
import type { Finding } from '../../ports/provider.ts';
import type { AdminSession } from './connections.ts';

const quote = pg.escapeIdentifier;

interface AdminRow {
  name: string;
  createrole: boolean;
  superuser: boolean;
  createdb: boolean;
  replication: boolean;
  bypassrls: boolean;
  signals: boolean;
  /** Memberships that reach beyond handing out what the admin was given. */
  mighty: string[];
}

/** Predefined roles that run programs, touch files or read and write everything. */
const MIGHTY = [
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_read_all_data',
  'pg_write_all_data',
  'pg_maintain',
  'pg_checkpoint',
  'pg_create_subscription',
  'pg_use_reserved_connections',
  'pg_database_owner',
];

const ADMIN = `
SELECT r.rolname::text AS name, r.rolcreaterole AS createrole, r.rolsuper AS superuser,
  r.rolcreatedb AS createdb, r.rolreplication AS replication, r.rolbypassrls AS bypassrls,
  pg_has_role('pg_signal_backend', 'USAGE') AS signals,
  ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
    WHERE m.member = r.oid AND (g.rolname = ANY ($1::text[]) OR g.rolsuper) ORDER BY 1) AS mighty
FROM pg_roles r WHERE r.rolname = current_user`;

/**
 * What the admin itself lacks, and what it has too much of.
 * @param needs sandboxes need CREATEDB; elsewhere it is too much
 */
export async function adminFindings(
  session: AdminSession,
  needs: { readonly createdb: boolean } = { createdb: false },
): Promise<Finding[]> {
  const { rows } = await session.client.query<AdminRow>(ADMIN, [MIGHTY]);
  const admin = rows[0];
  if (!admin) return [];
  return [
    ...missing(admin, needs),
    ...tooMuch({ ...admin, createdb: admin.createdb && !needs.createdb }),
    ...(session.major < 16 ? [equivalent()] : []),
    ...(await temporaryFiles(session, admin)),
  ];
}

function missing(admin: AdminRow, needs: { readonly createdb: boolean }): Finding[] {
  const findings: Finding[] = [];
  if (needs.createdb && !admin.createdb && !admin.superuser) {
    findings.push({
      id: 'admin-createdb',
      severity: 'blocking',
      message:
        'The admin cannot create databases, which sandboxes are. A superuser gives it CREATEDB.',
      sql: [`ALTER ROLE ${quote(admin.name)} CREATEDB`],
    });
  }
  if (!admin.createrole && !admin.superuser) {
    findings.push({
      id: 'admin-createrole',
      severity: 'blocking',
      message: 'The admin cannot create roles. A superuser gives it CREATEROLE.',
      sql: [`ALTER ROLE ${quote(admin.name)} CREATEROLE`],
    });
  }
  if (!admin.signals) {
    findings.push({
      id: 'admin-signal-backend',
      severity: 'advice',
      message:
        'The admin cannot end a session that outlives its role, so that such a lease would stay overdue. A superuser makes it a member of pg_signal_backend.',
      sql: [`GRANT pg_signal_backend TO ${quote(admin.name)}`],
    });
  }
  return findings;
}

function tooMuch(admin: AdminRow): Finding[] {
  const findings: Finding[] = [];
  if (admin.superuser) {
    findings.push({
      id: 'admin-superuser',
      severity: 'blocking',
      message:
        'The admin is a superuser. Another superuser takes that away, or gives the broker an admin of its own.',
      sql: [`ALTER ROLE ${quote(admin.name)} NOSUPERUSER`],
    });
  }
  const attributes = [
    admin.createdb && 'CREATEDB',
    admin.replication && 'REPLICATION',
    admin.bypassrls && 'BYPASSRLS',
  ].filter((name) => name !== false);
  if (attributes.length > 0) {
    const sql = attributes.map((name) => `NO${name}`).join(' ');
    findings.push({
      id: 'admin-attributes',
      severity: 'gap',
      message: `The admin has more than it needs: ${attributes.join(', ')}. A superuser takes it away.`,
      sql: [`ALTER ROLE ${quote(admin.name)} ${sql}`],
    });
  }
  if (admin.mighty.length > 0) {
    findings.push({
      id: 'admin-memberships',
      severity: 'gap',
      message: `The admin is a member of ${admin.mighty.join(', ')}, which reaches beyond its grants. A superuser takes that away.`,
      sql: admin.mighty.map((role) => `REVOKE ${quote(role)} FROM ${quote(admin.name)}`),
    });
  }
  return findings;
}

function equivalent(): Finding {
  return {
    id: 'createrole-superuser',
    severity: 'advice',
    message:
      'Before PostgreSQL 16 CREATEROLE is equivalent to superuser, a lease can become its group role, and it can give itself to other roles (the watchdog undoes that). Upgrade to 16 or later.',
    sql: [],
  };
}

async function temporaryFiles(session: AdminSession, admin: AdminRow): Promise<Finding[]> {
  if (session.major < 15) return [];
  const { rows } = await session.client.query<{ may: boolean }>(
    "SELECT has_parameter_privilege('temp_file_limit', 'SET') AS may",
  );
  if (rows[0]?.may) return [];
  return [
    {
      id: 'admin-temp-file-limit',
      severity: 'advice',
      message:
        'The admin cannot limit the temporary files of a lease, so that a large sort can fill the disk. A superuser permits it.',
      sql: [`GRANT SET ON PARAMETER temp_file_limit TO ${quote(admin.name)}`],
    },
  ];
}
