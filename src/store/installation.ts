import { type Pool, query } from './pool.ts';

export interface StoreFacts {
  readonly installation: string;
  readonly lastMigration: string;
  readonly serverVersion: number;
  /** The connected role is, or can become, the owner of the audit: it could rewrite it, so `serve` refuses. */
  readonly ownsAudit: boolean;
  /** Rights on the audit, its columns included, beyond SELECT, of this role or one it can become. */
  readonly excessOnAudit: readonly string[];
}

/** What a broker checks before it serves. @returns undefined when the store was never migrated */
export async function readStoreFacts(pool: Pool): Promise<StoreFacts | undefined> {
  const [ready] = await query<{ ready: boolean }>(
    pool,
    "select to_regclass('countersign.audit_head') is not null as ready",
  );
  if (!ready?.ready) return undefined;
  const [row] = await query<{
    id: string;
    migration: string;
    version: number;
    owns: boolean;
    excess: string[];
  }>(
    pool,
    `select (select id from installation) as id, (select max(name) from migrations) as migration,
       current_setting('server_version_num')::int as version,
       (select pg_has_role(c.relowner, 'member') or pg_has_role(n.nspowner, 'member')
          or pg_has_role(d.datdba, 'member')
          -- Before 16, CREATEROLE may make itself a member of any role but a superuser.
          or (current_setting('server_version_num')::int < 160000
              and (select rolcreaterole from pg_roles where rolname = current_user))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace, pg_database d
        where c.oid = 'countersign.audit_entries'::regclass and d.datname = current_database()) as owns,
       array(select distinct p
             from unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) p,
               unnest(array['countersign.audit_entries', 'countersign.audit_head']) t, pg_roles r
             where pg_has_role(r.oid, 'member') and (has_table_privilege(r.oid, t, p)
               or (p in ('INSERT', 'UPDATE') and has_any_column_privilege(r.oid, t, p)))
             order by p) as excess`,
  );
  return (
    row && {
      installation: row.id,
      lastMigration: row.migration,
      serverVersion: row.version,
      ownsAudit: row.owns,
      excessOnAudit: row.excess,
    }
  );
}
