import type { BlastRadius, Countable, RowBounds } from '../../../domain/operation.ts';
import type { MeasureRequest } from '../../../ports/provider.ts';
import type { AdminSession } from '../connections.ts';
import { constraintsOf } from '../constraints.ts';
import { isHome, madeElsewhere } from '../home.ts';
import type { Parts } from '../parts.ts';
import { schemasOf } from '../statements.ts';
import { asCounter } from './counter.ts';
import { count, type Counted, counting } from './count.ts';
import { type Cascade, cascadesOf, Endless } from './foreign-keys.ts';
import type { Reached } from './reached.ts';
import { resolve, type TargetTable } from './table.ts';
import { type Touched, triggersOf } from './triggers.ts';

const KINDS = { insert: ['insert'], update: ['update'], delete: ['delete'] } as const;

/**
 * The blast radius of statements: the catalog is read as the admin, rows are counted as a login that may
 * do nothing else. @see CanOperate
 */
export async function measure(parts: Parts, request: MeasureRequest): Promise<BlastRadius> {
  const found = await parts.connections.use(request, async (session) => {
    if (!isHome(session, request.lease)) throw madeElsewhere(request.lease);
    return reach(session, request);
  });
  if ('why' in found) return unknown(found.why);
  const { reached, triggers } = found;
  const counts = await counted(parts, request, reached);
  if ('why' in counts) return unknown(counts.why, triggers);
  return radiusOf(reached, counts, triggers, constraintsOf(request.scope).trigger_tables);
}

function unknown(why: string, triggers: readonly string[] = []): BlastRadius {
  return { rows: null, bounds: {}, cascades: [], triggers, backup: null, why };
}

async function reach(
  session: AdminSession,
  { countables, scope }: MeasureRequest,
): Promise<{ why: string } | { reached: Reached[]; triggers: readonly string[] }> {
  const schemas = schemasOf(constraintsOf(scope));
  const reached: Reached[] = [];
  try {
    for (const statement of countables) {
      const table = await resolve(session, statement, schemas);
      if ('why' in table) return table;
      const odd = oddColumn(statement, table);
      if (odd !== undefined) return { why: `its condition takes ${odd}, which is no plain column` };
      const cascades = await cascadesOf(session, table, setsOf(statement));
      reached.push({ statement, table, cascades });
    }
  } catch (error) {
    if (error instanceof Endless) return { why: error.why };
    throw error;
  }
  return { reached, triggers: await triggersOf(session, reached.flatMap(touchedBy)) };
}

function oddColumn(statement: Countable, { plain }: TargetTable): string | undefined {
  if (statement.kind === 'insert') return undefined;
  return statement.columns.find((column) => !plain.includes(column));
}

/** Columns that change; undefined for a DELETE. What ON CONFLICT sets is not looked at: it may be any. */
function setsOf(statement: Countable): readonly string[] | undefined {
  if (statement.kind === 'insert') return statement.updates ? ['*'] : [];
  return statement.kind === 'update' ? statement.sets : undefined;
}

function touchedBy({ statement, table, cascades }: Reached): Touched[] {
  const actions =
    statement.kind === 'insert' && statement.updates
      ? (['insert', 'update'] as const)
      : KINDS[statement.kind];
  const below = (all: readonly Cascade[]): Touched[] =>
    all.flatMap((one) => [{ oid: one.oid, actions: [one.action] }, ...below(one.next)]);
  return [{ oid: table.oid, actions }, ...below(cascades)];
}

async function counted(
  parts: Parts,
  request: MeasureRequest,
  reached: readonly Reached[],
): Promise<readonly Counted[] | { readonly why: string }> {
  const fromText = ({ statement }: Reached) => statement.kind === 'insert';
  if (reached.some((one) => fromText(one) && one.cascades.length > 0)) {
    // Which rows ON CONFLICT meets is not known beforehand, nor what hangs below them.
    return { why: 'its ON CONFLICT may reach other tables' };
  }
  const plain = ({ statement }: Reached): Counted => ({
    rows: statement.kind === 'insert' ? statement.rows : 0,
    cascades: [],
  });
  if (reached.every(fromText)) return reached.map(plain);
  return asCounter(parts, request, reached, (session) =>
    counting(session, async () => {
      const counts: Counted[] = [];
      for (const one of reached) {
        const { statement, table, cascades } = one;
        counts.push(
          statement.kind === 'insert'
            ? plain(one)
            : await count(session, statement, table, cascades),
        );
      }
      return counts;
    }),
  );
}

function radiusOf(
  reached: readonly Reached[],
  counts: readonly Counted[],
  triggers: readonly string[],
  written: readonly string[],
): BlastRadius {
  const bounds = new Map<string, number>();
  const add = (table: string, rows: number) => bounds.set(table, (bounds.get(table) ?? 0) + rows);
  const cascades = new Map<string, BlastRadius['cascades'][number]>();
  for (const [index, { table, cascades: below }] of reached.entries()) {
    const { rows = 0, cascades: numbers = [] } = counts[index] ?? {};
    add(`${table.schema}.${table.name}`, rows);
    for (const [place, { schema, name, action }] of flat(below).entries()) {
      const of = `${schema}.${name}`;
      const more = numbers[place] ?? 0;
      add(of, more);
      const key = `${action} ${of}`;
      cascades.set(key, { table: of, action, rows: (cascades.get(key)?.rows ?? 0) + more });
    }
  }
  const total = [...bounds.values()].reduce((sum, rows) => sum + rows, 0);
  // One row for each row that fires it is what a trigger that keeps a journal writes.
  if (triggers.length > 0) for (const table of written) add(table, total * triggers.length);
  return {
    rows: counts.reduce((sum, { rows }) => sum + rows, 0),
    bounds: Object.fromEntries([...bounds].map(([table, most]) => [table, [0, most] as RowBounds])),
    cascades: [...cascades.values()],
    triggers,
    backup: null,
  };
}

function flat(cascades: readonly Cascade[]): Cascade[] {
  return cascades.flatMap((one) => [one, ...flat(one.next)]);
}
