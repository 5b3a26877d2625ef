import type { Countable } from '../../../domain/operation.ts';
import type { AdminSession } from '../connections.ts';

/** A table that a statement changes, as the catalog has it. */
export interface TargetTable {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Columns that everybody who knows PostgreSQL can compare: base types and enumerations of its own. */
  readonly plain: readonly string[];
}

interface Row extends TargetTable {
  kind: string;
  own: boolean;
  policies: boolean;
  rules: boolean;
  children: boolean;
  partition: boolean;
}

/** Whatever the name means to a session with this search path, be it a table or not. */
const RESOLVE = `
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
  n.nspname ~ '^pg_' OR n.nspname = 'information_schema' AS own, c.relrowsecurity AS policies,
  c.relhasrules AS rules, c.relispartition AS partition,
  EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AS children,
  ARRAY(SELECT a.attname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v'
      AND coalesce(e.typtype, t.typtype) IN ('b', 'e', 'r')
      AND (coalesce(e.oid, t.oid) < 16384 OR coalesce(e.typtype, t.typtype) = 'e')) AS plain
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = $2 AND n.nspname = ANY ($1::text[])
ORDER BY array_position($1::text[], n.nspname::text) LIMIT 1`;

/**
 * Finds the table of a statement.
 * @param schemas the search path, after pg_catalog
 * @returns it, or why its rows cannot be counted
 */
export async function resolve(
  session: AdminSession,
  { table }: Countable,
  schemas: readonly string[],
): Promise<TargetTable | { readonly why: string }> {
  const path = table.schema === undefined ? ['pg_catalog', ...schemas] : [table.schema];
  const { rows } = await session.client.query<Row>(RESOLVE, [path, table.name]);
  const [row] = rows;
  if (!row) return { why: `there is no table ${table.name} in the schemas of this scope` };
  const name = `${row.schema}.${row.name}`;
  const why = obstacle(row);
  return why === undefined ? row : { why: `${name} ${why}` };
}

/** Why a count would run code that is not known, or would not be what is changed. */
export function obstacle(
  row: Pick<Row, 'kind' | 'own' | 'policies' | 'rules' | 'children' | 'partition'>,
): string | undefined {
  if (row.own) return "is one of the server's own";
  if (row.kind !== 'r' && row.kind !== 'p') return 'is no table';
  if (row.rules) return 'has rules that rewrite statements';
  if (row.policies) return 'has row security';
  if (row.partition) return 'is a partition; name its whole table instead';
  if (row.kind === 'r' && row.children) return 'has tables that inherit from it';
  return undefined;
}
