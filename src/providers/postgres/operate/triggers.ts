import type { AdminSession } from '../connections.ts';

/** What happens to a table. */
export interface Touched {
  readonly oid: number;
  readonly actions: readonly ('insert' | 'update' | 'delete')[];
}

/** Bits of pg_trigger.tgtype. */
const EVENTS = { insert: 4, delete: 8, update: 16 } as const;

/** Those of partitions too, but what a partition has from its table only once. */
const TRIGGERS = `
SELECT format('%s.%s.%s', n.nspname, c.relname, g.tgname) AS name
FROM unnest($1::oid[], $2::int[]) AS t(oid, events)
JOIN pg_trigger g ON g.tgrelid = t.oid
  OR g.tgrelid IN (SELECT relid FROM pg_partition_tree(t.oid)) AND g.tgparentid = 0
JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND g.tgenabled IN ('O', 'A') AND g.tgtype & t.events <> 0
GROUP BY 1 ORDER BY 1 LIMIT 200`;

/** Triggers that somebody wrote and that fire for this, as `schema.table.trigger`. */
export async function triggersOf(
  session: AdminSession,
  touched: readonly Touched[],
): Promise<readonly string[]> {
  const events = touched.map(({ actions }) =>
    actions.reduce((sum, action) => sum | EVENTS[action], 0),
  );
  const { rows } = await session.client.query<{ name: string }>(TRIGGERS, [
    touched.map(({ oid }) => oid),
    events,
  ]);
  return rows.map(({ name }) => name);
}
