import pg from 'pg';
import type { Scope } from '../../../domain/scope.ts';
import type { MeasureRequest } from '../../../ports/provider.ts';
import type { AdminSession } from '../connections.ts';
import { constraintsOf } from '../constraints.ts';
import { makeRole } from '../make-role.ts';
import type { Parts } from '../parts.ts';
import type { Cascade } from './foreign-keys.ts';
import type { Reached } from './reached.ts';
import { refusalSentence } from './refusal.ts';

const quote = pg.escapeIdentifier;

interface Uncounted {
  readonly why: string;
}

/** The same scope without anything that changes: its group is another one. */
function readingOf(scope: Scope): Scope | undefined {
  const constraints = scope.constraints as { grant: { privileges: string[] }[] };
  const grant = constraints.grant
    .filter(({ privileges }) => privileges.includes('SELECT'))
    .map((one) => ({ ...one, privileges: ['SELECT'] }));
  if (grant.length === 0) return undefined;
  return {
    ...scope,
    id: `${scope.id}#count`,
    effect: 'read',
    constraints: { ...constraints, grant },
  };
}

/**
 * Runs `look` as a login that may read what the scope may read, and of tables behind foreign keys the
 * columns of these keys.
 * @returns what it returns, or why the server would not have it
 */
export async function asCounter<T>(
  parts: Parts,
  request: MeasureRequest,
  reached: readonly Reached[],
  look: (session: AdminSession) => Promise<T>,
): Promise<T | Uncounted> {
  const scope = readingOf(request.scope);
  if (!scope) return { why: 'its scope may read no table' };
  const password = await parts.passwords.take();
  const made = await parts.connections.use(request, async (session) => {
    const like = { ...request, scope };
    await makeRole(parts, session, like, constraintsOf(scope), password.verifier);
    const grants = grantsFor(reached, request.lease.outsideName).join(';\n');
    const refused = await orWhy(async () => void (await session.client.query(grants)));
    const { database } = session.target;
    return { database, identity: session.identity, ...refused };
  });
  await request.made(password.secret, made.identity);
  if ('why' in made) return { why: made.why };
  const login = {
    database: made.database,
    user: request.lease.outsideName,
    password: password.secret,
  };
  return parts.connections.useAs(request, login, (session) => orWhy(() => look(session)));
}

async function orWhy<T>(work: () => Promise<T>): Promise<T | Uncounted> {
  try {
    return await work();
  } catch (error) {
    const why = refusalSentence(error);
    if (why === undefined) throw error;
    return { why };
  }
}

/** They go with the role: whatever it was granted is taken back before it is dropped. */
function grantsFor(reached: readonly Reached[], role: string): string[] {
  const columns = new Map<string, Set<string>>();
  const schemas = new Set<string>();
  const need = (schema: string, name: string, some: readonly string[]) => {
    schemas.add(quote(schema));
    const table = `${quote(schema)}.${quote(name)}`;
    columns.set(table, new Set([...(columns.get(table) ?? []), ...some.map(quote)]));
  };
  const follow = (schema: string, name: string, below: readonly Cascade[]): void => {
    for (const one of below) {
      need(
        schema,
        name,
        one.columns.map(([, there]) => there),
      );
      need(
        one.schema,
        one.name,
        one.columns.map(([here]) => here),
      );
      follow(one.schema, one.name, one.next);
    }
  };
  for (const { table, cascades } of reached) follow(table.schema, table.name, cascades);
  return [
    ...[...schemas].map((schema) => `GRANT USAGE ON SCHEMA ${schema} TO ${quote(role)}`),
    ...[...columns].map(
      ([table, some]) => `GRANT SELECT (${[...some].join(', ')}) ON ${table} TO ${quote(role)}`,
    ),
  ];
}
