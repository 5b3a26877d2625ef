import { type Check, withoutPrivilege } from '../check.ts';
import { count } from '../rows.ts';
import type { LoggedIn, Story } from './story-parts.ts';

export async function refusedColumns(check: Check, { db }: LoggedIn): Promise<void> {
  const sql = 'SELECT email FROM customers';
  await withoutPrivilege(check, sql, db.query(sql));
}

const HARM = [
  'DELETE FROM orders',
  'TRUNCATE orders',
  'DROP TABLE orders',
  "COPY orders TO PROGRAM 'cat'",
];

/**
 * Read-only mode is a setting that a session may change. What stops it is the role: 42501, and not
 * 25006 (read_only_sql_transaction).
 */
export async function tryHarm(check: Check, story: Story, { db }: LoggedIn): Promise<void> {
  await db.query('SET default_transaction_read_only = off');
  const { rows } = await db.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
  check.that(
    rows[0]?.transaction_read_only === 'off',
    'SET default_transaction_read_only = off: it may, for that is not the barrier',
    rows[0]?.transaction_read_only ?? '',
  );
  for (const sql of HARM) await withoutPrivilege(check, sql, db.query(sql));
  const { superuser, rows: before } = story.production;
  const after = await superuser.query<{ n: number }>('SELECT count(*)::int AS n FROM orders');
  const left = after.rows[0]?.n ?? 0;
  check.that(left === before.orders, `all ${count(left)} orders are still there`, count(left));
}
