import pg from 'pg';
import type { RowChange, TableChanges } from '../../../../domain/changes.ts';
import type { AdminSession } from '../../connections.ts';
import type { ComparableTable } from './tables.ts';

const quote = pg.escapeIdentifier;
const PAGE = 200;
/** Columns whose values are shown; the digest is over all. */
const MOST_COLUMNS = 200;
const MOST_ROWS = 50;
const VALUE_LENGTH = 200;

interface Row {
  /** The key as text, in the byte order in which rows come. */
  readonly k: string;
  readonly digest: string;
  readonly values: readonly (string | null)[];
}

/**
 * One side of a comparison, row by row in the order of the key's text, read in pages. Values are made text by
 * `format`, which calls no cast an agent may have defined, and cut by the server.
 */
async function* rowsOf(
  session: AdminSession,
  table: ComparableTable,
  columns: readonly string[],
): AsyncGenerator<Row> {
  const text = (column: string) =>
    `CASE WHEN ${quote(column)} IS NOT NULL THEN format('%s', ${quote(column)}) END`;
  const key = `ARRAY[${table.key.map(text).join(', ')}]::text`;
  const list = columns.map(text).join(', ');
  const { client } = session;
  await client.query(
    `DECLARE side NO SCROLL CURSOR FOR SELECT k, md5(v::text) AS digest,
       ARRAY(SELECT left(x, ${VALUE_LENGTH}) FROM unnest(v[1:${MOST_COLUMNS}]) WITH ORDINALITY AS u(x, place) ORDER BY place) AS values
     FROM (SELECT ${key} AS k, ARRAY[${list}]::text[] AS v
       FROM ONLY ${quote(table.schema)}.${quote(table.name)}) r ORDER BY k COLLATE "C"`,
  );
  for (;;) {
    const { rows } = await client.query<Row>(`FETCH ${PAGE} FROM side`);
    yield* rows;
    if (rows.length < PAGE) break;
  }
  await client.query('CLOSE side');
}

/** Both sides' rows, paired by key: a merge of two sorted lists. */
async function* pairs(
  before: AsyncGenerator<Row>,
  after: AsyncGenerator<Row>,
): AsyncGenerator<readonly [Row | undefined, Row | undefined]> {
  const next = async (side: AsyncGenerator<Row>) => (await side.next()).value as Row | undefined;
  let [old, now] = [await next(before), await next(after)];
  while (old || now) {
    const order = !old ? 1 : !now ? -1 : Buffer.compare(Buffer.from(old.k), Buffer.from(now.k));
    yield [order <= 0 ? old : undefined, order >= 0 ? now : undefined];
    if (order <= 0) old = await next(before);
    if (order >= 0) now = await next(after);
  }
}

/**
 * Compares one table in the template's twin with the same in the sandbox by primary key, over the columns
 * that both have. Sorting is the server's; here there are never more than two pages and the rows shown.
 */
export async function compareRows(
  before: { readonly session: AdminSession; readonly table: ComparableTable },
  after: { readonly session: AdminSession; readonly table: ComparableTable },
): Promise<TableChanges> {
  const common = before.table.columns.filter((name) => after.table.columns.includes(name));
  const { key } = after.table;
  const columns = [...key, ...common.filter((name) => !key.includes(name))];
  // Keys first: they are always shown.
  const shown = columns.slice(0, MOST_COLUMNS);
  const counts = { inserted: 0, updated: 0, deleted: 0 };
  const rows: RowChange[] = [];
  const old = rowsOf(before.session, before.table, columns);
  const now = rowsOf(after.session, after.table, columns);
  for await (const [a, b] of pairs(old, now)) {
    if (a && b && a.digest === b.digest) continue;
    const kind = !a ? 'inserted' : !b ? 'deleted' : 'updated';
    counts[kind] += 1;
    if (rows.length < MOST_ROWS) rows.push(changeOf(kind, shown, after.table.key, a, b));
  }
  const all = counts.inserted + counts.updated + counts.deleted;
  return { table: after.table.table, ...counts, rows, rowsCut: all - rows.length };
}

function changeOf(
  kind: RowChange['kind'],
  columns: readonly string[],
  key: readonly string[],
  before: Row | undefined,
  after: Row | undefined,
): RowChange {
  const record = (row: Row | undefined) =>
    row && Object.fromEntries(columns.map((name, at) => [name, row.values[at] ?? null]));
  const [old, now] = [record(before), record(after)];
  const whole = now ?? old ?? {};
  const differs = (name: string) => !old || !now || old[name] !== now[name];
  const changed = columns.some(differs) ? columns.filter(differs) : columns;
  const some = (values: Record<string, string | null>) =>
    Object.fromEntries(changed.map((name) => [name, values[name] ?? null]));
  return {
    kind,
    key: Object.fromEntries(key.map((name) => [name, whole[name] ?? null])),
    ...(old ? { before: some(old) } : {}),
    ...(now ? { after: some(now) } : {}),
  };
}
