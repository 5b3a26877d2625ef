import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { SkippedObject, TemplateReport } from '../../../../domain/template.ts';
import type { BuildRequest, Reach } from '../../../../ports/provider.ts';
import type { AdminSession } from '../../connections.ts';
import { failureCode } from '../../failures.ts';
import { builtElsewhere, isHome } from '../../home.ts';
import type { Parts } from '../../parts.ts';
import { type ForeignKey, planMasking, type TablePlan } from '../masking/plan.ts';
import { finish, measure } from './finish.ts';
import { loadRows, staysEmpty } from './load-rows.ts';
import { localeOf, makeDatabase } from './make-database.ts';
import { definitionWrong, newerSource, notMade, rowsHidden } from './refusals.ts';
import { runStatements } from './run-statements.ts';
import { tablesOf } from './source-tables.ts';
import { type SourceStatement, type Stage, statementsOf } from './statements-of.ts';

const quote = pg.escapeIdentifier;

/** What the source is, seen in one snapshot. */
interface Source {
  readonly session: AdminSession;
  readonly statements: readonly SourceStatement[];
  readonly plan: readonly TablePlan[];
  readonly foreignKeys: readonly ForeignKey[];
}

/**
 * Builds one version of a template: the source's objects made again, its rows streamed over and masked on
 * the way. The source is read in one READ ONLY snapshot by its own admin; nothing is written there.
 */
export async function buildTemplate(parts: Parts, request: BuildRequest): Promise<TemplateReport> {
  const { template, signal } = request;
  const reach: Reach = { resource: request.resource, root: request.root, signal };
  const from: Reach = { ...request.source, signal };
  const owner = parts.names.templateOwner(request.resource.name, template.name);
  const major = await parts.connections.use(reach, async (session) => {
    // Where it is on record, and nowhere else: there it is looked for when it is to be dropped.
    if (!isHome(session, template)) throw builtElsewhere(template);
    return session.major;
  });
  return parts.connections.useLong(from, undefined, async (session) => {
    if (session.major > major) throw newerSource(session.major, major);
    const source = await readSource(session, request);
    const locale = await localeOf(session);
    const elsewhere = await makeDatabase(parts, reach, { ...template, owner, locale });
    const filled = await parts.connections.useLong(reach, template.database, (target) =>
      fill(source, target, owner, request),
    );
    const { bytes } = await finish(parts, reach, template.database, owner);
    const listed = source.statements.filter(({ stage }) => stage === 'skip');
    const skipped = [
      ...elsewhere,
      ...listed.map(({ what, sql }) => ({ what, why: sql })),
      ...filled.skipped,
    ];
    return {
      bytes,
      tables: source.plan.length,
      rows: filled.rows,
      masked: maskedOf(source),
      skipped,
    };
  });
}

async function readSource(session: AdminSession, request: BuildRequest): Promise<Source> {
  // Row security that applies to the admin would make the copy partial: then it fails instead.
  await session.client.query(
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off',
  );
  const { tables, foreignKeys } = await tablesOf(session);
  const planned = planMasking(tables, foreignKeys, request.template.definition);
  if ('problems' in planned) throw definitionWrong(planned.problems);
  return { session, statements: await statementsOf(session), plan: planned.plan, foreignKeys };
}

async function fill(
  source: Source,
  target: AdminSession,
  owner: string,
  request: BuildRequest,
): Promise<{ rows: number; skipped: SkippedObject[] }> {
  await target.client.query(
    `GRANT CREATE, USAGE ON SCHEMA public TO ${quote(owner)}; SET ROLE ${quote(owner)};
     SET check_function_bodies = off`,
  );
  const at = (...stages: readonly Stage[]) =>
    source.statements.filter(({ stage }) => stages.includes(stage));
  const { skipped, missing } = split(await runStatements(target, at('types', 'tables')), (what) =>
    what.startsWith('table '),
  );
  if (missing.length > 0) throw notMade('Tables of the source', missing);
  const copied = await copyRows(source, target, request);
  // Indexes can take long: the source's snapshot is not held open for them.
  await source.session.client.query('COMMIT');
  request.onProgress({ ...copied.progress, step: 'keys and indexes' });
  const keys = split(await runStatements(target, at('keys')), (what) =>
    /^(key|default|owner) /.test(what),
  );
  if (keys.missing.length > 0) throw notMade('Keys of the source', keys.missing);
  await measure(target, source.plan);
  const foreign = await runStatements(target, at('foreign keys'));
  if (foreign.length > 0) throw notMade('Foreign keys of the source', foreign);
  const rest = await runStatements(target, at('rest'));
  request.onProgress({ ...copied.progress, step: 'statistics' });
  await target.client.query('VACUUM (FREEZE, ANALYZE)');
  return {
    rows: copied.progress.rows,
    skipped: [...skipped, ...copied.empty, ...keys.skipped, ...rest],
  };
}

/** What a template can do without, and what it cannot. */
function split(
  failed: readonly SkippedObject[],
  isNeeded: (what: string) => boolean,
): { skipped: SkippedObject[]; missing: SkippedObject[] } {
  return {
    skipped: failed.filter(({ what }) => !isNeeded(what)),
    missing: failed.filter(({ what }) => isNeeded(what)),
  };
}

async function copyRows(source: Source, target: AdminSession, request: BuildRequest) {
  // Dies with this call: nobody can make the same masks again, the next build included.
  const secret = randomBytes(32);
  const { plan } = source;
  let progress = { step: '', tables: plan.length, tablesDone: 0, rows: 0 };
  const empty: SkippedObject[] = [];
  for (const table of plan) {
    progress = { ...progress, step: table.table.key };
    request.onProgress(progress);
    if (staysEmpty(table)) empty.push(emptyTable(table));
    else {
      const onRows = (rows: number) => {
        progress = { ...progress, rows: progress.rows + rows };
        request.onProgress(progress);
      };
      await loadRows(source.session, target, table, secret, {
        signal: request.signal,
        onRows,
      }).catch((error: unknown) => {
        throw failureCode(error) === '42501' ? rowsHidden(table.table.key) : error;
      });
    }
    progress = { ...progress, tablesDone: progress.tablesDone + 1 };
  }
  secret.fill(0);
  return { progress, empty };
}

function emptyTable({ table, readable }: TablePlan): SkippedObject {
  const why = readable ? 'every column would be null' : "the source's admin may not SELECT from it";
  return { what: `rows of ${table.key}`, why };
}

function maskedOf({ plan }: Source): TemplateReport['masked'] {
  const entries = plan.flatMap(({ table, columns }) =>
    columns
      .filter(({ mask }) => mask !== 'keep')
      .map(({ name, mask }) => [`${table.key}.${name}`, mask] as const),
  );
  return Object.fromEntries(entries);
}
