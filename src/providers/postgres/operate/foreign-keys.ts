import type { AdminSession } from '../connections.ts';
import { obstacle, type TargetTable } from './table.ts';

/** What happens to the rows of a table that point at rows which go or change. */
export interface Cascade {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  readonly action: 'delete' | 'update';
  /** Pairs: the column here, and the one it points at. */
  readonly columns: readonly (readonly [here: string, there: string])[];
  readonly next: readonly Cascade[];
}

interface Key extends Record<string, unknown> {
  oid: number;
  schema: string;
  name: string;
  kind: string;
  own: boolean;
  policies: boolean;
  rules: boolean;
  children: boolean;
  partition: boolean;
  on_delete: string;
  on_update: string;
  here: string[];
  there: string[];
}

/** Foreign keys that point at a table. Those of partitions are the same ones once more. */
const KEYS = `
SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
  n.nspname ~ '^pg_' AS own, c.relrowsecurity AS policies, c.relhasrules AS rules,
  EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) AS children,
  c.relispartition AS partition, k.confdeltype::text AS on_delete, k.confupdtype::text AS on_update,
  ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(num, place)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY place) AS here,
  ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(num, place)
    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY place) AS there
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.confrelid = $1 AND k.conparentid = 0
ORDER BY k.conname`;

const MOST = 30;
const DEEPEST = 6;
/** CASCADE, SET NULL, SET DEFAULT; the others refuse, which changes nothing. */
const REACHES = ['c', 'n', 'd'];

/** Foreign keys that cannot be followed to their end. */
export class Endless extends Error {
  readonly why: string;
  constructor(why: string) {
    super(why);
    this.why = why;
  }
}

/**
 * Everything that goes or changes with rows of this table, by its foreign keys.
 * @param sets columns that change; absent: the rows are deleted
 * @throws Endless where they go in circles, too far, or over tables whose rows cannot be counted
 */
export async function cascadesOf(
  session: AdminSession,
  table: Pick<TargetTable, 'oid'>,
  sets?: readonly string[],
): Promise<readonly Cascade[]> {
  let seen = 0;
  const follow = async (
    oid: number,
    changed: readonly string[] | undefined,
    above: readonly number[],
  ): Promise<readonly Cascade[]> => {
    const { rows } = await session.client.query<Key>(KEYS, [oid]);
    const found: Cascade[] = [];
    for (const key of rows) {
      const action = actionOf(key, changed);
      if (!action) continue;
      const name = `${key.schema}.${key.name}`;
      if (above.includes(key.oid)) throw new Endless(`its foreign keys go in a circle by ${name}`);
      if ((seen += 1) > MOST || above.length > DEEPEST) {
        throw new Endless('its foreign keys reach too far to be followed');
      }
      const why = obstacle(key);
      if (why !== undefined) throw new Endless(`it reaches ${name}, which ${why}`);
      found.push({
        schema: key.schema,
        name: key.name,
        oid: key.oid,
        action,
        columns: key.here.map((here, place) => [here, key.there[place] ?? ''] as const),
        next: await follow(key.oid, action === 'delete' ? undefined : key.here, [
          ...above,
          key.oid,
        ]),
      });
    }
    return found;
  };
  return follow(table.oid, sets, [table.oid]);
}

function actionOf(key: Key, changed: readonly string[] | undefined): Cascade['action'] | undefined {
  if (!changed) {
    if (!REACHES.includes(key.on_delete)) return undefined;
    return key.on_delete === 'c' ? 'delete' : 'update';
  }
  const touched = changed.includes('*') || key.there.some((column) => changed.includes(column));
  return touched && REACHES.includes(key.on_update) ? 'update' : undefined;
}
