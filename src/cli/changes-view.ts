import type { Changes } from '../contract/schemas/sandbox.ts';
import type { Paint } from './output.ts';
import { printable } from './printable.ts';

type Table = Changes['tables'][number];
type Row = Table['rows'][number];
type Values = NonNullable<Row['before']>;

/** What is written with: the colours of an output. */
type Ink = { readonly paint: Paint };

/** The changes in a sandbox as a reader wants them: the schema first, then each table's rows. */
export function describeChanges(out: Ink, changes: Changes): string {
  const { template, schema, tables, not_compared: left, cut } = changes;
  const title = `${changes.lease_id} against ${template.name} version ${template.version}`;
  const schemaLines = schemaOf(out, schema);
  const nothing = schemaLines.length + tables.length + left.length === 0;
  if (nothing) return `${title}: no changes.`;
  return [
    title,
    ...(schemaLines.length > 0 ? ['', out.paint.bold('schema'), ...schemaLines] : []),
    ...more(cut.schema_changes, 'changes of the schema'),
    ...tables.flatMap((table) => ['', ...tableOf(out, table)]),
    ...more(cut.tables, 'tables with changes'),
    ...(left.length > 0 ? [''] : []),
    ...left.map(({ table, why }) => {
      return `${out.paint.yellow('not compared')}  ${printable(table)}: ${printable(why)}`;
    }),
    ...more(cut.not_compared, 'tables not compared'),
  ].join('\n');
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`  … and ${count} more ${what}`] : [];
}

function schemaOf(out: Ink, { added, removed, changed }: Changes['schema']): string[] {
  const { green, red, yellow } = out.paint;
  const line = (mark: string, { kind, name, definition }: (typeof added)[number]) =>
    `  ${mark} ${kind} ${printable(name)}${definition ? `  ${printable(definition)}` : ''}`;
  return [
    ...removed.map((one) => line(red('-'), one)),
    ...added.map((one) => line(green('+'), one)),
    ...changed.flatMap((one) => [line(yellow('~'), one), `      was  ${printable(one.before)}`]),
  ];
}

function tableOf(out: Ink, table: Table): string[] {
  const { green, red, yellow, bold } = out.paint;
  const counts = [
    table.inserted > 0 ? green(`${table.inserted} inserted`) : '',
    table.updated > 0 ? yellow(`${table.updated} updated`) : '',
    table.deleted > 0 ? red(`${table.deleted} deleted`) : '',
  ].filter(Boolean);
  return [
    `${bold(printable(table.table))}  ${counts.join(', ')}`,
    ...table.rows.map((row) => `  ${rowOf(out, row)}`),
    ...more(table.rows_cut, 'rows'),
  ];
}

function rowOf(out: Ink, { kind, key, before = {}, after = {} }: Row): string {
  const { green, red, yellow } = out.paint;
  if (kind === 'inserted') return `${green('+')} ${valuesOf(after)}`;
  if (kind === 'deleted') return `${red('-')} ${valuesOf(before)}`;
  const changed = Object.keys(after).map(
    (name) => `${printable(name)}: ${shown(before[name])} → ${shown(after[name])}`,
  );
  return `${yellow('~')} ${valuesOf(key)}  ${changed.join(', ')}`;
}

function valuesOf(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${printable(name)}=${shown(value)}`)
    .join(' ');
}

function shown(value: string | null | undefined): string {
  return value === null || value === undefined ? 'NULL' : printable(value);
}
