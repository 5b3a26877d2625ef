import Table from 'cli-table3';
import type { Output } from './output.ts';
import { printable } from './printable.ts';

export interface Column<T> {
  readonly title: string;
  /** Text of a cell; made printable here. */
  readonly value: (row: T) => string | number | undefined;
  /** Colours the finished text. */
  readonly tint?: (row: T, text: string) => string;
  /** May be cut with `…` where the screen is too narrow. */
  readonly flexible?: boolean;
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-left`, `${side}-right`, `${side}-mid`])
    .concat('left-mid', 'mid-mid', 'right-mid', 'middle')
    .map((name) => [name, name === 'middle' ? '  ' : '']),
);
const GAP = 2;
const NARROWEST = 12;

/** A table without borders: dim titles, aligned columns, flexible columns cut to the screen. */
export function formatTable<T>(out: Output, rows: readonly T[], columns: readonly Column<T>[]) {
  const cells = rows.map((row) => columns.map((column) => `${column.value(row) ?? ''}`));
  const safe = cells.map((line) => line.map(printable));
  const widths = fit(
    columns,
    columns.map((column, at) => longest(column.title, safe, at)),
    out.width,
  );
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    head: columns.map(({ title }) => out.paint.dim(title)),
  });
  safe.forEach((line, index) => {
    const row = rows[index] as T;
    const texts = line.map((text, at) => cut(text, widths[at] ?? text.length));
    table.push(texts.map((text, at) => columns[at]?.tint?.(row, text) ?? text));
  });
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `name  value` lines, values aligned; undefined values are left out. */
export function formatFacts(
  out: Output,
  facts: readonly (readonly [string, string | undefined])[],
) {
  const shown = facts.filter((fact) => fact[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => `${out.paint.dim(name.padEnd(width + GAP))}${printable(value ?? '')}`)
    .join('\n');
}

function longest(title: string, lines: readonly string[][], at: number): number {
  return Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0));
}

/** Takes what is too wide from the flexible columns, the widest first. */
function fit<T>(columns: readonly Column<T>[], wanted: readonly number[], width: number): number[] {
  const widths = [...wanted];
  let excess = widths.reduce((sum, next) => sum + next + GAP, -GAP) - width;
  while (excess > 0) {
    let widest = -1;
    columns.forEach((column, at) => {
      const size = widths[at] ?? 0;
      if (column.flexible && size > NARROWEST && size > (widths[widest] ?? 0)) widest = at;
    });
    if (widest < 0) return widths;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
