import type { AdminSession } from '../../connections.ts';
import type { ForeignKey, SourceTable } from '../masking/plan.ts';

/** Domains count as what they are made of. */
const TABLES = `
SELECT format('%s.%s', n.nspname, c.relname) AS key, n.nspname::text AS schema, c.relname::text AS name,
  c.relkind = 'p' AS partitioned, (SELECT json_agg(json_build_object(
    'name', a.attname, 'notNull', a.attnotnull, 'generated', a.attgenerated <> '',
    'type', b.typname, 'category', b.typcategory,
    'length', CASE WHEN b.typname IN ('varchar', 'bpchar') AND m.typmod > 4 THEN m.typmod - 4 END,
    'readable', has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT'),
    'unique', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
      AND a.attnum = ANY (i.indkey::int2[]))) ORDER BY a.attnum)
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END,
  LATERAL (SELECT CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END AS typmod) m
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY 1`;

/** One row per column of a foreign key. */
const FOREIGN_KEYS = `
SELECT k.conname::text AS name, format('%s.%s', n.nspname, c.relname) AS table, a.attname::text AS column,
  format('%s.%s', fn.nspname, f.relname) AS "toTable", fa.attname::text AS "toColumn"
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace,
unnest(k.conkey, k.confkey) AS u(mine, theirs)
JOIN pg_attribute a ON a.attnum = u.mine JOIN pg_attribute fa ON fa.attnum = u.theirs
WHERE k.contype = 'f' AND k.conparentid = 0 AND a.attrelid = k.conrelid AND fa.attrelid = k.confrelid
ORDER BY 1, 2, 3`;

/** The tables whose rows are copied, and what ties them together. Partitions count to their table. */
export async function tablesOf(
  session: AdminSession,
): Promise<{ readonly tables: SourceTable[]; readonly foreignKeys: ForeignKey[] }> {
  const tables = await session.client.query<SourceTable>(TABLES);
  const foreignKeys = await session.client.query<ForeignKey>(FOREIGN_KEYS);
  return {
    tables: tables.rows.map((table) => ({ ...table, columns: table.columns ?? [] })),
    foreignKeys: foreignKeys.rows,
  };
}
