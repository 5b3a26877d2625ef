import { type Pool, query } from './pool.ts';

export interface StoreFacts {
  readonly installation: string;
  readonly lastMigration: string;
  readonly serverVersion: number;
  /** The connected role owns the audit: it could rewrite it, so `serve` refuses. */
  readonly ownsAudit: boolean;
  /** Rights on the audit beyond INSERT and SELECT. */
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
       (select pg_has_role(c.relowner, 'member') from pg_class c
        where c.oid = 'countersign.audit_entries'::regclass) as owns,
       array(select p from unnest(array['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) p
             where has_table_privilege('countersign.audit_entries', p)) as excess`,
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
