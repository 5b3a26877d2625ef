import pg from 'pg';
import type { Countable } from '../../../domain/operation.ts';
import type { AdminSession } from '../connections.ts';
import type { Cascade } from './foreign-keys.ts';
import type { TargetTable } from './table.ts';

const quote = pg.escapeIdentifier;
type Condition = Extract<Countable, { readonly condition: string }>;

const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = '5s'; SET LOCAL lock_timeout = '1s'; SET LOCAL search_path = pg_catalog`;

/** Rows of a statement's table that its condition holds for, and of every table below. */
export interface Counted {
  readonly rows: number;
  /** In the order in which the cascades were given, depth first. */
  readonly cascades: readonly number[];
}

/** Counts as a login that only reads, in a transaction that only reads, without looking past pg_catalog. */
export async function counting<T>(session: AdminSession, work: () => Promise<T>): Promise<T> {
  await session.client.query(BEGIN);
  const result = await work();
  await session.client.query('ROLLBACK');
  return result;
}

export async function count(
  { client }: AdminSession,
  statement: Condition,
  table: TargetTable,
  cascades: readonly Cascade[],
): Promise<Counted> {
  // The values go as they are: what type each is, the condition says.
  const values = statement.params.map((value) => (value === null ? null : String(value)));
  const ask = async (from: string): Promise<number> => {
    const text = `SELECT count(*)::float8 AS rows FROM ${from}`;
    const { rows } = await client.query<{ rows: number }>({ text, values });
    return rows[0]?.rows ?? 0;
  };
  const only = statement.only ? 'ONLY ' : '';
  const alias = quote(statement.alias);
  const where = `WHERE (${statement.condition}\n)`;
  const from = `${only}${quote(table.schema)}.${quote(table.name)} AS ${alias} ${where}`;
  const counts: number[] = [];
  const descend = async (below: readonly Cascade[], source: string, name: string) => {
    for (const cascade of below) {
      const { columns } = cascade;
      const here = columns.map(([column]) => `c.${quote(column)}`).join(', ');
      const there = columns.map(([, column]) => `${name}.${quote(column)}`).join(', ');
      const inner = `${quote(cascade.schema)}.${quote(cascade.name)} AS c WHERE (${here}) IN (SELECT ${there} FROM ${source})`;
      counts.push(await ask(inner));
      await descend(cascade.next, inner, 'c');
    }
  };
  const rows = await ask(from);
  await descend(cascades, from, alias);
  return { rows, cascades: counts };
}
