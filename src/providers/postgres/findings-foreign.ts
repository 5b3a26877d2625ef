import type { Finding } from '../../ports/provider.ts';
import type { AdminSession } from './connections.ts';

/** Built-in functions that reach files, programs or the server itself; PUBLIC has none of them by default. */
const SERVER_FUNCTIONS = [
  '^pg_read_(binary_)?file',
  '^pg_ls_',
  '^pg_stat_file$',
  '^pg_(reload_conf|rotate_logfile|promote|switch_wal|create_restore_point)$',
  '^pg_(backup|wal_replay|start_backup|stop_backup)',
  '^pg_file_',
  '^pg_current_logfile$',
  '^pg_hba_file_rules$',
  '^pg_show_all_file_settings$',
].join('|');

const GAPS: readonly { id: string; oldest: number; message: string; query: string }[] = [
  {
    id: 'foreign-servers',
    oldest: 14,
    message:
      'PUBLIC may use foreign servers, or functions that connect to other servers. Their owner, or a superuser, takes that away.',
    query: `SELECT format('REVOKE USAGE ON FOREIGN SERVER %I FROM PUBLIC', srvname) AS sql
      FROM pg_foreign_server, aclexplode(srvacl) x WHERE x.grantee = 0
      UNION ALL
      SELECT format('REVOKE USAGE ON FOREIGN DATA WRAPPER %I FROM PUBLIC', fdwname)
      FROM pg_foreign_data_wrapper, aclexplode(fdwacl) x WHERE x.grantee = 0
      UNION ALL
      SELECT format('REVOKE EXECUTE ON ROUTINE %I.%I(%s) FROM PUBLIC', n.nspname, p.proname,
        pg_get_function_identity_arguments(p.oid))
      FROM pg_extension e JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass
        AND d.refobjid = e.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
      JOIN pg_proc p ON p.oid = d.objid JOIN pg_namespace n ON n.oid = p.pronamespace,
      aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
      WHERE x.grantee = 0 AND e.extname = 'dblink' AND p.proname LIKE 'dblink%'
        AND p.prorettype NOT IN ('fdw_handler'::regtype) AND p.proname <> 'dblink_fdw_validator'
      ORDER BY 1`,
  },
  {
    id: 'server-functions',
    oldest: 14,
    message:
      'PUBLIC may call functions that reach files or control the server. A superuser takes that away.',
    query: `SELECT format('REVOKE EXECUTE ON ROUTINE %I.%I(%s) FROM PUBLIC', n.nspname, p.proname,
        pg_get_function_identity_arguments(p.oid)) AS sql
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(p.proacl) x
      WHERE x.grantee = 0 AND n.nspname = 'pg_catalog' AND p.proname ~ '${SERVER_FUNCTIONS}' ORDER BY 1`,
  },
  {
    id: 'public-parameters',
    oldest: 15,
    message:
      'PUBLIC may set parameters that are reserved to superusers. A superuser takes that away.',
    query: `SELECT format('REVOKE %s ON PARAMETER %s FROM PUBLIC', x.privilege_type, quote_ident(parname)) AS sql
      FROM pg_parameter_acl, aclexplode(paracl) x WHERE x.grantee = 0 ORDER BY 1`,
  },
];

/** Roads that PUBLIC was given out of the database: other servers, files, the server's own controls. */
export async function foreignFindings(session: AdminSession): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id, oldest, message, query } of GAPS) {
    if (session.major < oldest) continue;
    const { rows } = await session.client.query<{ sql: string }>(query);
    if (rows.length === 0) continue;
    findings.push({ id, severity: 'gap', message, sql: rows.map((row) => row.sql) });
  }
  return findings;
}
