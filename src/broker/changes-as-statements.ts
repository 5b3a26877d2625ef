import type { RowChange, SandboxChanges, TableChanges } from '../domain/changes.ts';
import { conflict } from '../domain/errors.ts';
import type { ExactStatement, Parameter } from '../domain/operation.ts';
import type { Mask } from '../domain/template.ts';

/** Rows that one operation may carry over: as many as somebody reads. */
const MOST_ROWS = 100;
/** What a comparison shows of a value and of a row at most; more was cut there. */
const LONGEST_VALUE = 200;
const MOST_COLUMNS = 200;

export interface CarriedChanges {
  /** Each meets exactly one row. */
  readonly statements: readonly ExactStatement[];
  /** The same as a diff, line by line. */
  readonly plan: readonly string[];
}

/**
 * The changes of a sandbox as statements on the database its rows came from: one for each row, found by its
 * primary key and, where the template kept them, by the values it had. Rows that are added come first, in
 * the order of the tables; rows that go come last, in the other.
 *
 * @param masked what the template did to columns (`schema.table.column`)
 * @throws conflict for what cannot be carried over whole
 */
export function changesAsStatements(
  changes: SandboxChanges,
  masked: Readonly<Record<string, Mask>>,
): CarriedChanges {
  refuseUnfit(changes);
  const isKept = (table: string, column: string) =>
    (masked[`${plainName(table)}.${column}`] ?? 'keep') === 'keep';
  const of = (kind: RowChange['kind'], tables: readonly TableChanges[]) =>
    tables.flatMap(({ table, rows }) =>
      rows
        .filter((row) => row.kind === kind)
        .map((row) => statementOf(table, row, (column) => isKept(table, column))),
    );
  const { tables } = changes;
  const statements = [
    ...of('inserted', tables),
    ...of('updated', tables),
    ...of('deleted', tables.toReversed()),
  ];
  if (statements.length === 0) throw conflict('Nothing was changed in this sandbox.');
  return { statements, plan: tables.flatMap(diffOf) };
}

function refuseUnfit({ schema, tables, cut }: SandboxChanges): void {
  const schemas = schema.added.length + schema.removed.length + schema.changed.length;
  if (schemas + cut.schemaChanges > 0) {
    throw conflict(
      'The sandbox has another schema now: only rows are carried over. Undo that, or work from a new sandbox.',
    );
  }
  const rows = tables.reduce((sum, one) => sum + one.inserted + one.updated + one.deleted, 0);
  const isCut = cut.tables > 0 || tables.some(({ rowsCut }) => rowsCut > 0);
  if (isCut || rows > MOST_ROWS) {
    throw conflict(
      `More rows were changed than a person looks through: at most ${MOST_ROWS}, and 50 of one table.`,
    );
  }
}

type Row = Readonly<Record<string, string | null>>;

/** Values in the order of their places. */
class Places {
  readonly params: Parameter[] = [];
  readonly next = (text: string | null): string => `$${this.params.push(text)}`;
}

function statementOf(
  table: string,
  { kind, key, before = {}, after = {} }: RowChange,
  isKept: (column: string) => boolean,
): ExactStatement {
  refuseUnreadable(table, [key, before, after]);
  const places = new Places();
  if (kind === 'inserted')
    return { sql: insertion(table, after, places), params: places.params, rows: 1 };
  const masked = Object.keys(key).find((column) => !isKept(column));
  if (masked !== undefined) {
    throw conflict(`Rows of ${table} cannot be found again: ${masked} is masked in the template.`);
  }
  const sets = Object.entries(kind === 'updated' ? after : {}).map(
    ([column, text]) => `${quote(column)} = ${places.next(text)}`,
  );
  const was = Object.entries(before).filter(
    ([column]) => !Object.hasOwn(key, column) && isKept(column),
  );
  const where = [
    ...Object.entries(key).map(([column, text]) => `${quote(column)} = ${places.next(text)}`),
    ...was.map(([column, text]) =>
      text === null
        ? `${quote(column)} IS NULL`
        : `${quote(column)} IS NOT DISTINCT FROM ${places.next(text)}`,
    ),
  ].join(' AND ');
  const verb =
    kind === 'updated' ? `UPDATE ${table} SET ${sets.join(', ')}` : `DELETE FROM ${table}`;
  return { sql: `${verb} WHERE ${where}`, params: places.params, rows: 1 };
}

function insertion(table: string, after: Row, places: Places): string {
  const columns = Object.keys(after).map(quote).join(', ');
  const values = Object.values(after).map(places.next).join(', ');
  // What an identity column drew in the sandbox is said like any other value, or keys would not be those shown.
  return `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE VALUES (${values})`;
}

/** What was cut for showing cannot be carried over, and must not be shown as if it could. */
function refuseUnreadable(table: string, [key, before, after]: readonly [Row, Row, Row]): void {
  const rows = [key, before, after];
  const isCut = rows.some((row) =>
    Object.values(row).some((text) => text !== null && text.length >= LONGEST_VALUE),
  );
  if (isCut) {
    throw conflict(`A value of ${table} is longer than is shown (${LONGEST_VALUE} characters).`);
  }
  if (rows.some((row) => Object.keys(row).length >= MOST_COLUMNS)) {
    throw conflict(`${table} has more columns than are shown.`);
  }
  const same = Object.keys(after).every((column) => after[column] === before[column]);
  if (same && Object.keys(before).length > 0 && Object.keys(after).length > 0) {
    throw conflict(`A row of ${table} changed in what is not shown of it.`);
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"Odd name".plain` as the catalog has it: `Odd name.plain`. */
function plainName(table: string): string {
  return table.replaceAll(/"((?:[^"]|"")*)"/g, (_, name: string) => name.replaceAll('""', '"'));
}

function diffOf({ table, inserted, updated, deleted, rows }: TableChanges): string[] {
  return [
    `${table}: ${inserted} added, ${updated} changed, ${deleted} removed`,
    ...rows.map((row) => `  ${lineOf(row)}`),
  ];
}

const SIGNS = { inserted: '+', updated: '~', deleted: '-' } as const;

function lineOf({ kind, key, before = {}, after = {} }: RowChange): string {
  const shown = (row: Row) =>
    Object.entries(row)
      .map(([column, text]) => `${column} = ${JSON.stringify(text)}`)
      .join(', ');
  if (kind !== 'updated') return `${SIGNS[kind]} ${shown({ ...key, ...before, ...after })}`;
  const changes = Object.keys(after).map(
    (column) =>
      `${column}: ${JSON.stringify(before[column] ?? null)} → ${JSON.stringify(after[column] ?? null)}`,
  );
  return `${SIGNS[kind]} ${shown(key)}: ${changes.join(', ')}`;
}
