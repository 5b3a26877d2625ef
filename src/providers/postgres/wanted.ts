import type { AdminSession } from './connections.ts';
import type { Constraints } from './constraints.ts';
import { PrivilegeSet } from './privileges.ts';

/** What a scope means in this database, right now. */
export interface Wanted {
  readonly privileges: PrivilegeSet;
  /** Readable columns per `schema.table`. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** Things the scope names that do not exist, as sentences. */
  readonly missing: readonly string[];
}

interface Relation {
  schema: string;
  name: string;
  kind: string;
  columns: string[];
  sequences: { schema: string; name: string }[];
}
type Grant = Constraints['grant'][number];

/**
 * Tables, views and foreign tables, with their columns and the sequences behind serial columns (identity
 * columns need none). Sequences matter to INSERT only.
 */
const RELATIONS = `
SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
  ARRAY(SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
  coalesce((SELECT json_agg(json_build_object('schema', sn.nspname, 'name', s.relname))
    FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    JOIN pg_namespace sn ON sn.oid = s.relnamespace
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.refobjid = c.oid AND d.deptype = 'a'), '[]') AS sequences
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (n.nspname = ANY ($1::text[]) OR (n.nspname, c.relname) IN (
    SELECT * FROM unnest($2::text[], $3::text[])))
ORDER BY 1, 2`;

function split(table: string): { schema: string; name: string } {
  const [schema = '', name = ''] = table.split('.');
  return { schema, name };
}

async function relations(session: AdminSession, grants: readonly Grant[]): Promise<Relation[]> {
  const schemas = grants.flatMap((grant) => ('schema' in grant ? [grant.schema] : []));
  const tables = grants.flatMap((grant) => ('tables' in grant ? grant.tables.map(split) : []));
  const result = await session.client.query<Relation>(RELATIONS, [
    schemas,
    tables.map((table) => table.schema),
    tables.map((table) => table.name),
  ]);
  return result.rows;
}

function matches(grant: Grant, relation: Relation): boolean {
  if ('schema' in grant) return grant.schema === relation.schema;
  return grant.tables.includes(`${relation.schema}.${relation.name}`);
}

function addGrant(set: PrivilegeSet, grant: Grant, relation: Relation): void {
  const { schema, name } = relation;
  set.add({ kind: 'SCHEMA', schema: null, name: schema, privilege: 'USAGE', column: null });
  const columns = ('columns' in grant && grant.columns) || [null];
  for (const privilege of grant.privileges) {
    for (const column of columns) set.add({ kind: 'TABLE', schema, name, privilege, column });
    if (privilege !== 'INSERT') continue;
    for (const sequence of relation.sequences) {
      set.add({ kind: 'SEQUENCE', ...sequence, privilege: 'USAGE', column: null });
    }
  }
}

function missingOf(grants: readonly Grant[], found: readonly Relation[]): string[] {
  const missing: string[] = [];
  for (const grant of grants) {
    if ('schema' in grant) continue;
    for (const table of grant.tables) {
      const relation = found.find(({ schema, name }) => `${schema}.${name}` === table);
      if (!relation) missing.push(`Table ${table} does not exist.`);
      for (const column of (relation && grant.columns) ?? []) {
        if (!relation?.columns.includes(column)) {
          missing.push(`Table ${table} has no column ${column}.`);
        }
      }
    }
  }
  return missing;
}

function readable(grants: readonly Grant[], relation: Relation): string[] {
  const reading = grants.filter(
    (grant) => grant.privileges.includes('SELECT') && matches(grant, relation),
  );
  const all = reading.some((grant) => !('columns' in grant && grant.columns));
  if (all) return relation.columns;
  const named = new Set(reading.flatMap((grant) => ('columns' in grant && grant.columns) || []));
  return relation.columns.filter((column) => named.has(column));
}

/** Resolves the grants of a scope against the catalog. */
export async function wantedBy(session: AdminSession, constraints: Constraints): Promise<Wanted> {
  const found = await relations(session, constraints.grant);
  const set = new PrivilegeSet();
  const columns: Record<string, string[]> = {};
  for (const relation of found) {
    for (const grant of constraints.grant) {
      if (matches(grant, relation)) addGrant(set, grant, relation);
    }
    const names = readable(constraints.grant, relation);
    if (names.length > 0) columns[`${relation.schema}.${relation.name}`] = names;
  }
  return { privileges: set, columns, missing: missingOf(constraints.grant, found) };
}
