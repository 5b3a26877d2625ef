import type { SandboxChanges, TableChanges } from '../../../../domain/changes.ts';
import { isBrokerError, providerFailed } from '../../../../domain/errors.ts';
import type { CanSandbox } from '../../../../ports/provider.ts';
import type { AdminSession } from '../../connections.ts';
import { failureCode } from '../../failures.ts';
import { builtElsewhere, isHome } from '../../home.ts';
import type { Parts } from '../../parts.ts';
import { compareObjects, objectsOf } from './catalog.ts';
import { asReader } from './reader.ts';
import { compareRows } from './rows.ts';
import { comparableTables, type ComparableTable } from './tables.ts';
import { twinOf } from './twin.ts';

const MOST_TABLES = 100;
/** Sorting more than this on both sides takes longer than anybody waits. */
const MOST_BYTES = 1024 * 2 ** 20;
/** Time for all tables together, ms; what is left over is listed. */
const BUDGET_MS = 20_000;

type Request = Parameters<CanSandbox['changes']>[0];
interface Side {
  readonly session: AdminSession;
  readonly tables: ReadonlyMap<string, ComparableTable>;
}

/** Compares a sandbox with the template it was cloned from. @see CanSandbox */
export async function changes(parts: Parts, request: Request): Promise<SandboxChanges> {
  const lease = request.lease.outsideName;
  const template = request.template.database;
  if (!parts.names.isLease(lease) || !parts.names.isTemplate(template)) {
    throw providerFailed('provider_rejected', 'The lease carries no name of this installation.');
  }
  await parts.connections.use(request, async (session) => {
    if (!isHome(session, request.template)) throw builtElsewhere(request.template);
  });
  const twin = await twinOf(parts, request, template);
  return parts.comparisons.run(request.resource.name, request.signal, () =>
    parts.connections.useOnce(request, twin, (before) =>
      asReader(parts, request, lease, (after) => compare(parts, before, after)),
    ),
  );
}

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off';

async function compare(
  parts: Parts,
  before: AdminSession,
  after: AdminSession,
): Promise<SandboxChanges> {
  await before.client.query(BEGIN);
  await after.client.query(BEGIN);
  const objects = await objectsOf(after).catch((error: unknown) => {
    throw failureCode(error) === '55P03' ? locked() : error;
  });
  const { changes: schema, cut } = compareObjects(await objectsOf(before), objects);
  const old = { session: before, tables: await comparableTables(before) };
  const now = { session: after, tables: await comparableTables(after) };
  const { tables, notCompared } = await compareTables(parts, old, now);
  const most = <T>(list: readonly T[]) => list.slice(0, MOST_TABLES);
  return {
    schema,
    tables: most(tables),
    notCompared: most(notCompared),
    cut: {
      schemaChanges: cut,
      tables: Math.max(0, tables.length - MOST_TABLES),
      notCompared: Math.max(0, notCompared.length - MOST_TABLES),
    },
  };
}

function locked(): Error {
  return providerFailed(
    'provider_unavailable',
    'A transaction in the sandbox holds a lock on something that is read here. End it, and look again.',
  );
}

async function compareTables(parts: Parts, old: Side, now: Side) {
  const tables: TableChanges[] = [];
  const notCompared: { table: string; why: string }[] = [];
  const deadline = parts.monotonicMs() + BUDGET_MS;
  for (const [name, before] of old.tables) {
    // A table that is new or gone is in the schema's changes.
    const after = now.tables.get(name);
    if (!after) continue;
    const why = parts.monotonicMs() > deadline ? 'there was no time left' : obstacle(before, after);
    const outcome = why ?? (await compareOne(old.session, now.session, before, after));
    if (typeof outcome === 'string') notCompared.push({ table: name, why: outcome });
    else if (outcome.inserted + outcome.updated + outcome.deleted > 0) tables.push(outcome);
  }
  return { tables, notCompared };
}

function obstacle(before: ComparableTable, after: ComparableTable): string | undefined {
  if (before.key.length === 0) return 'it has no primary key';
  if (before.key.join('\0') !== after.key.join('\0')) return 'its primary key is another one now';
  if (Math.max(before.bytes, after.bytes) > MOST_BYTES) return 'it is too large';
  return undefined;
}

async function compareOne(
  before: AdminSession,
  after: AdminSession,
  old: ComparableTable,
  now: ComparableTable,
): Promise<TableChanges | string> {
  const both = [before.client, after.client];
  await Promise.all(both.map((client) => client.query('SAVEPOINT one_table')));
  try {
    const changes = await compareRows(
      { session: before, table: old },
      { session: after, table: now },
    );
    await Promise.all(both.map((client) => client.query('RELEASE SAVEPOINT one_table')));
    return changes;
  } catch (error) {
    const code = failureCode(error);
    if (isBrokerError(error) || /^(08|53|57P|$)/.test(code)) throw error;
    await Promise.all(both.map((client) => client.query('ROLLBACK TO SAVEPOINT one_table')));
    if (code === '55P03') return 'the agent holds a lock on it';
    if (code === '57014') return 'it took too long';
    return `the server refused to read it (${code})`;
  }
}
