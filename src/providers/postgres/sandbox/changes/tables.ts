import type { AdminSession } from '../../connections.ts';

/** A table whose rows can be compared, or why they can't. */
export interface ComparableTable {
  readonly table: string;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  /** As last counted by the server: asking for the size itself waits for whoever holds a lock. */
  readonly bytes: number;
}

/** Tables read on either side. */
const MOST_TABLES = 5_000;

/**
 * Plain tables with their primary keys. Partitions are looked at one by one, so that nothing but a table
 * itself is ever read. Computed columns show by what they are computed from.
 */
const TABLES = `
SELECT format('%I.%I', n.nspname, c.relname) AS table, n.nspname::text AS schema, c.relname::text AS name,
  ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
    AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
  ARRAY(SELECT a.attname::text FROM pg_constraint k, unnest(k.conkey) WITH ORDINALITY AS u(attnum, place)
    JOIN pg_attribute a ON a.attnum = u.attnum WHERE k.conrelid = c.oid AND k.contype = 'p'
      AND a.attrelid = c.oid ORDER BY u.place) AS key,
  c.relpages::float8 * current_setting('block_size')::float8 AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1 LIMIT ${MOST_TABLES}`;

export async function comparableTables(
  session: AdminSession,
): Promise<Map<string, ComparableTable>> {
  const { rows } = await session.client.query<ComparableTable>(TABLES);
  return new Map(rows.map((row) => [row.table, row]));
}
