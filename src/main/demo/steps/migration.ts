import pc from 'picocolors';
import { describeChanges } from '../../../cli/changes-view.ts';
import type { Changes } from '../../../contract/schemas/sandbox.ts';
import type { Check } from '../check.ts';
import { count } from '../rows.ts';
import type { LoggedIn, Story } from './story-parts.ts';

/** Refunds get a table of their own, and old orders are thrown away: what production refused, and more. */
const MIGRATION = [
  'CREATE TABLE refunds (order_id int PRIMARY KEY REFERENCES orders, amount numeric NOT NULL)',
  "INSERT INTO refunds SELECT id, total FROM orders WHERE status = 'refund due'",
  'ALTER TABLE orders DROP COLUMN status',
  'ALTER TABLE customers ADD COLUMN newsletter boolean NOT NULL DEFAULT false',
  "INSERT INTO customers VALUES (9999, 'Zoe Zander', 'zoe@example.com', 'DE', '2026-01-01')",
  'TRUNCATE order_items',
  'DELETE FROM orders WHERE id <= 1000 AND id NOT IN (SELECT order_id FROM refunds)',
];

/** Rows of a table that people see, and lines in all. */
const SHOWN_ROWS = 2;
const SHOWN_LINES = 24;

/** Rows that the last statement deleted. */
export interface Migrated {
  readonly deleted: number;
}

export async function migrate(check: Check, { db }: LoggedIn): Promise<Migrated> {
  let deleted = 0;
  for (const sql of MIGRATION) {
    const { rowCount } = await db.query(sql);
    deleted = rowCount ?? 0;
    check.that(rowCount !== 0, rowCount === null ? sql : `${sql}: ${rowsOf(rowCount)}`, 'no row');
  }
  return { deleted };
}

function rowsOf(number: number): string {
  return number === 1 ? '1 row' : `${count(number)} rows`;
}

/** What `countersign lease changes` prints, for the person who decides whether production gets it. */
export async function readChanges(
  check: Check,
  story: Story,
  { leaseId }: LoggedIn,
  { deleted }: Migrated,
): Promise<void> {
  const changes = await story.broker.operator.call('getLeaseChanges', { params: { id: leaseId } });
  const text = describeChanges({ paint: pc.createColors(false) }, excerpt(changes));
  check.show(text.split('\n').filter(Boolean), SHOWN_LINES);
  const { schema } = changes;
  check.that(
    has(schema.added, 'table', 'public.refunds') &&
      has(schema.added, 'column', 'public.customers.newsletter') &&
      has(schema.removed, 'column', 'public.orders.status'),
    'the schema: a table and a column more, a column less',
    JSON.stringify(schema),
  );
  const of = (name: string) => changes.tables.find(({ table }) => table === `public.${name}`);
  const items = story.production.rows.order_items;
  check.that(
    of('customers')?.inserted === 1 &&
      of('order_items')?.deleted === items &&
      of('orders')?.deleted === deleted &&
      of('orders')?.updated === 0,
    `the rows: 1 inserted, ${count(items)} and ${count(deleted)} deleted, counted by primary key`,
    JSON.stringify(changes.tables.map(({ rows: _rows, ...counts }) => counts)),
  );
}

/** The same with few rows of each table; the rest is counted. */
function excerpt(changes: Changes): Changes {
  const tables = changes.tables.map((table) => {
    const rows = table.rows.slice(0, SHOWN_ROWS);
    return { ...table, rows, rows_cut: table.rows_cut + table.rows.length - rows.length };
  });
  return { ...changes, tables };
}

function has(list: Changes['schema']['added'], kind: string, name: string): boolean {
  return list.some((one) => one.kind === kind && one.name === name);
}
