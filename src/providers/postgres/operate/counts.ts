import type pg from 'pg';
import { providerFailed } from '../../../domain/errors.ts';
import type { RowBounds } from '../../../domain/operation.ts';

export type Counts = Readonly<Record<string, number>>;

/**
 * Rows this transaction has changed so far, by table, whoever changed them: the statement, a foreign key or a
 * trigger. Partitions count for their table: a row that moves goes and
 * comes, which is two. The server's own tables count
 * as well, so that nothing passes unseen; those of long values go with their tables.
 */
const CHANGED = `
SELECT n.nspname::text AS schema, c.relname::text AS name, sum(s.rows)::float8 AS rows
FROM (SELECT coalesce(pg_partition_root(relid), relid) AS oid, n_tup_ins + n_tup_upd + n_tup_del AS rows
  FROM pg_stat_xact_all_tables WHERE schemaname <> 'pg_toast' AND n_tup_ins + n_tup_upd + n_tup_del > 0) s
JOIN pg_class c ON c.oid = s.oid JOIN pg_namespace n ON n.oid = c.relnamespace GROUP BY 1, 2`;

/** Must be said before the transaction: where the server does not count, nothing could be bounded. */
export async function refuseUncounted(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ on: boolean }>(
    "SELECT current_setting('track_counts')::bool AS on",
  );
  if (rows[0]?.on) return;
  throw providerFailed(
    'provider_misconfigured',
    'The server does not count changed rows (track_counts is off), so that no operation can be held to its bounds. Turn it on.',
  );
}

/** Whatever was put off to COMMIT is done now, so that it counts. */
export async function countChanges(client: pg.ClientBase): Promise<Counts> {
  await client.query('SET CONSTRAINTS ALL IMMEDIATE');
  // The statement's search path, if a trigger changed it, decides nothing here.
  await client.query('SET LOCAL search_path = pg_catalog, pg_temp');
  const { rows } = await client.query<{ schema: string; name: string; rows: number }>(CHANGED);
  return Object.fromEntries(rows.map(({ schema, name, rows: n }) => [`${schema}.${name}`, n]));
}

/** @returns the first table whose rows are out of bounds, as a sentence */
export function outOfBounds(
  counts: Counts,
  bounds: Readonly<Record<string, RowBounds>> | 'unbounded',
): string | undefined {
  if (bounds === 'unbounded') return undefined;
  for (const table of new Set([...Object.keys(counts), ...Object.keys(bounds)])) {
    const [least, most] = Object.hasOwn(bounds, table) ? (bounds[table] ?? [0, 0]) : [0, 0];
    const rows = counts[table] ?? 0;
    if (rows >= least && rows <= most) continue;
    const signed = least === most ? `${most}` : `${least} to ${most}`;
    return `${rows} row(s) of ${table} would have changed, and ${signed} were agreed to.`;
  }
  return undefined;
}
