import type { AdminSession } from '../../connections.ts';
import { ROADS_OUT } from '../findings.ts';

/**
 * When a statement runs: before any rows (`types`, `tables`), after them (`keys`, `foreign keys`, `rest`).
 * `skip`: there is no statement, the object is only listed.
 */
export type Stage = 'types' | 'tables' | 'keys' | 'foreign keys' | 'rest' | 'skip';

export interface SourceStatement {
  readonly stage: Stage;
  /** `view public.latest` */
  readonly what: string;
  /** Of `skip`: why. */
  readonly sql: string;
}

const USER_SCHEMA = (n: string) =>
  `${n}.nspname !~ '^pg_' AND ${n}.nspname <> 'information_schema'`;
const NOT_OF_EXTENSION = (catalog: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;
const OWN_TABLE = `${USER_SCHEMA('n')} AND ${NOT_OF_EXTENSION('pg_class', 'c.oid')}`;

const EXTENSIONS = `
SELECT 'types' AS stage, 0 AS rank, format('schema %I', nspname) AS what,
  format('CREATE SCHEMA IF NOT EXISTS %I', nspname) AS sql
FROM pg_namespace n WHERE ${USER_SCHEMA('n')} AND nspname <> 'public' AND ${NOT_OF_EXTENSION('pg_namespace', 'n.oid')}
UNION ALL
SELECT CASE WHEN extname = ANY ($1::text[]) THEN 'skip' ELSE 'types' END, 1, format('extension %I', extname),
  CASE WHEN extname = ANY ($1::text[]) THEN 'it reaches other servers or files'
    ELSE format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I', extname, n.nspname) END
FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE extname <> 'plpgsql'`;

const TYPES = `
SELECT 'types' AS stage, 2 AS rank, format('type %I.%I', n.nspname, t.typname) AS what,
  CASE t.typtype
    WHEN 'e' THEN format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname,
      (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
    WHEN 'r' THEN format('CREATE TYPE %I.%I AS RANGE (SUBTYPE = %s)', n.nspname, t.typname,
      (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = t.oid))
    WHEN 'c' THEN format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname,
      (SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
       FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped))
    ELSE format('CREATE DOMAIN %I.%I AS %s%s%s%s', n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod),
      ' DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN ' NOT NULL' END,
      (SELECT string_agg(format(' CONSTRAINT %I %s', conname, pg_get_constraintdef(k.oid)), '')
       FROM pg_constraint k WHERE contypid = t.oid AND contype = 'c')) END AS sql
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE ${USER_SCHEMA('n')} AND ${NOT_OF_EXTENSION('pg_type', 't.oid')} AND (t.typtype IN ('e', 'd', 'r')
  OR (t.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c'))
UNION ALL
SELECT CASE WHEN l.lanname IN ('sql', 'plpgsql') AND p.prokind IN ('f', 'p') THEN 'tables' ELSE 'skip' END, 3,
  format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
  CASE WHEN l.lanname IN ('sql', 'plpgsql') AND p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid)
    ELSE 'only functions and procedures in sql and plpgsql are copied' END
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE ${USER_SCHEMA('n')} AND ${NOT_OF_EXTENSION('pg_proc', 'p.oid')}`;

const COLUMN = `format('%I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
  CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0 THEN ' COLLATE ' || a.attcollation::regcollation END,
  CASE WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) %s', pg_get_expr(d.adbin, d.adrelid),
    CASE a.attgenerated WHEN 'v' THEN 'VIRTUAL' ELSE 'STORED' END) END,
  CASE WHEN a.attnotnull THEN ' NOT NULL' END)`;

const TABLES = `
SELECT 'tables' AS stage, 1 AS rank, format('sequence %I.%I', n.nspname, c.relname) AS what,
  format('CREATE SEQUENCE %I.%I AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s%s', n.nspname, c.relname,
    format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart,
    CASE WHEN s.seqcycle THEN ' CYCLE' END) AS sql
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${OWN_TABLE} AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass
  AND i.objid = c.oid AND i.deptype = 'i')
UNION ALL
SELECT 'tables', CASE WHEN c.relispartition THEN 3 ELSE 2 END, format('table %I.%I', n.nspname, c.relname),
  format('CREATE TABLE %I.%I %s%s', n.nspname, c.relname,
    CASE WHEN c.relispartition THEN format('PARTITION OF %s %s', i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid))
    ELSE format('(%s)', (SELECT string_agg(${COLUMN}, ', ' ORDER BY a.attnum)
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) END,
    CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON c.relispartition AND i.inhrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND ${OWN_TABLE}`;

const DEFAULTS = `
SELECT 'keys' AS stage, 1 AS rank, format('default of %I.%I.%I', n.nspname, c.relname, a.attname) AS what,
  CASE WHEN a.attidentity <> '' THEN format('ALTER TABLE %I.%I ALTER COLUMN %I ADD GENERATED %s AS IDENTITY',
      n.nspname, c.relname, a.attname, CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END)
    ELSE format('ALTER TABLE %I.%I ALTER COLUMN %I SET DEFAULT %s', n.nspname, c.relname, a.attname,
      pg_get_expr(d.adbin, d.adrelid)) END AS sql
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = '' AND (a.attidentity <> '' OR d.adbin IS NOT NULL) AND ${OWN_TABLE}
UNION ALL
SELECT 'keys', 2, format('owner of sequence %s', d.objid::regclass),
  format('ALTER SEQUENCE %s OWNED BY %I.%I.%I', d.objid::regclass, n.nspname, c.relname, a.attname)
FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' AND ${OWN_TABLE}`;

const KEYS = `
SELECT CASE k.contype WHEN 'f' THEN 'foreign keys' ELSE 'keys' END AS stage,
  CASE k.contype WHEN 'c' THEN 4 ELSE 3 END AS rank,
  format('%s %I on %I.%I', CASE k.contype WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' ELSE 'key' END,
    k.conname, n.nspname, c.relname) AS what,
  format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)) AS sql
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('p', 'u', 'x', 'c', 'f') AND k.conparentid = 0 AND k.coninhcount = 0 AND ${OWN_TABLE}
UNION ALL
SELECT 'keys', 5, format('index %I.%I', n.nspname, x.relname), pg_get_indexdef(x.oid)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT x.relispartition AND ${OWN_TABLE}
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))`;

const REST = `
SELECT 'rest' AS stage, 1 AS rank, format('view %I.%I', n.nspname, c.relname) AS what,
  format('CREATE %s %I.%I AS %s', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END,
    n.nspname, c.relname, pg_get_viewdef(c.oid)) AS sql
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND ${OWN_TABLE}
UNION ALL
SELECT 'rest', 2, format('index %I.%I', n.nspname, x.relname), pg_get_indexdef(x.oid)
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND ${OWN_TABLE}
UNION ALL
SELECT 'rest', 3, format('trigger %I on %I.%I', g.tgname, n.nspname, c.relname), pg_get_triggerdef(g.oid)
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND ${OWN_TABLE}
UNION ALL
SELECT 'skip', 0, format('policy %I on %I.%I', p.polname, n.nspname, c.relname), 'it names roles of the source'
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT 'skip', 0, format('foreign table %I.%I', n.nspname, c.relname), 'it leads to another server'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'f'
UNION ALL
SELECT 'skip', 0, format('rule %I on %I.%I', r.rulename, n.nspname, c.relname), 'rewrite rules are not copied'
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND ${OWN_TABLE}
UNION ALL
SELECT 'skip', 0, format('inheritance of %s from %s', i.inhrelid::regclass, i.inhparent::regclass),
  'the table stands by itself in the template'
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND NOT c.relispartition AND ${OWN_TABLE}
UNION ALL
SELECT 'skip', 0, format('statistics %I', stxname), 'extended statistics are not copied' FROM pg_statistic_ext
UNION ALL
SELECT 'skip', 0, format('event trigger %I', evtname), 'event triggers are not copied' FROM pg_event_trigger`;

/** What it takes to make the source's objects again, in the order in which to try. */
export async function statementsOf(session: AdminSession): Promise<SourceStatement[]> {
  const all: SourceStatement[] = [];
  for (const query of [EXTENSIONS, TYPES, TABLES, DEFAULTS, KEYS, REST]) {
    const values = query === EXTENSIONS ? [ROADS_OUT] : [];
    const text = `SELECT stage, what, sql FROM (${query}) s ORDER BY rank, what`;
    const { rows } = await session.client.query<SourceStatement>(text, values);
    all.push(...rows);
  }
  return all.map((one) => ({ ...one, sql: alsoForPartitions(one.sql) }));
}

/** An index on a partitioned table is shown as if it stood there alone. */
function alsoForPartitions(sql: string): string {
  return sql.replace(/^(CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")*"|[^\s"]+)) ON ONLY /, '$1 ON ');
}
