import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { AdminSession } from '../../connections.ts';
import { MaskRows } from '../masking/copy-text.ts';
import { maskerOf } from '../masking/masks.ts';
import type { TablePlan } from '../masking/plan.ts';

const quote = pg.escapeIdentifier;

/** Columns that are read: what becomes null is never fetched. */
function copied({ columns }: TablePlan) {
  return columns.filter(({ mask }) => mask !== 'null');
}

/** Nothing of it can be read or nothing would be: it stays empty. */
export function staysEmpty(plan: TablePlan): boolean {
  return !plan.readable || copied(plan).length === 0;
}

/**
 * Streams one table from the source into the template, masked on the way. Each side waits for the other, so
 * that no more than a few chunks are ever in memory.
 */
export async function loadRows(
  source: AdminSession,
  target: AdminSession,
  plan: TablePlan,
  secret: Buffer,
  options: { readonly signal: AbortSignal; readonly onRows: (rows: number) => void },
): Promise<void> {
  const columns = copied(plan);
  const table = `${quote(plan.table.schema)}.${quote(plan.table.name)}`;
  const list = columns.map(({ name }) => quote(name)).join(', ');
  const from = plan.table.partitioned ? table : `ONLY ${table}`;
  const out = source.client.query(copyTo(`COPY (SELECT ${list} FROM ${from}) TO STDOUT`));
  const into = target.client.query(copyFrom(`COPY ${table} (${list}) FROM STDIN`));
  const mask = new MaskRows(
    columns.map((column) => maskerOf(column, secret)),
    options.onRows,
  );
  await pipeline(out, mask, into, { signal: options.signal });
}
