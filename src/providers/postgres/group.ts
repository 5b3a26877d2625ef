import pg from 'pg';
import { providerFailed } from '../../domain/errors.ts';
import type { Resource } from '../../domain/resource.ts';
import type { Scope } from '../../domain/scope.ts';
import type { AdminSession } from './connections.ts';
import { type Constraints, grantDigest } from './constraints.ts';
import { failureCode, isContention } from './failures.ts';
import { type Held, heldBy } from './held.ts';
import { type Wanted, wantedBy } from './wanted.ts';

/** A group role that was seen to hold exactly what its scope says. */
export interface ReadyGroup {
  readonly name: string;
  readonly digest: string;
  readonly columns: Wanted['columns'];
  /** The admin may set temp_file_limit for its roles (PostgreSQL 15 and later, by GRANT SET). */
  readonly limitsTempFiles: boolean;
}

interface Entry extends ReadyGroup {
  readonly secret: string;
  readonly generation: number;
  readonly checkedAt: number;
}

export interface GroupRequest {
  readonly name: string;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly constraints: Constraints;
  readonly generation: number;
}

/** How long a check stands: a table that appears in a schema is granted within this time. */
const RECHECK_MS = 60_000;
const ATTEMPTS = 8;

/** Group roles, brought in line with their scopes and remembered, so that issuing finds them ready. */
export class GroupRoles {
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #now: () => number;

  /** @param monotonicMs milliseconds that never go back */
  constructor(monotonicMs: () => number) {
    this.#now = monotonicMs;
  }

  /** The group of this scope, ready to be granted. */
  async ready(session: AdminSession, request: GroupRequest): Promise<ReadyGroup> {
    const key = `${request.resource.name} ${request.name}`;
    // One check at a time in this process; whoever waited looks again and mostly finds it done.
    for (let running = this.#running.get(key); running; running = this.#running.get(key)) {
      await running.catch(() => undefined);
    }
    const known = this.#entries.get(key);
    const digest = grantDigest(request.scope, request.constraints);
    const { secret } = request.resource.connection.url;
    if (
      known?.digest === digest &&
      known.secret === secret &&
      known.generation === request.generation &&
      this.#now() - known.checkedAt < RECHECK_MS
    ) {
      return known;
    }
    const work = bringInLine(session, request, digest);
    this.#running.set(key, work);
    try {
      const group = await work;
      const entry = { ...group, secret, generation: request.generation, checkedAt: this.#now() };
      this.#entries.set(key, entry);
      return entry;
    } finally {
      this.#running.delete(key);
    }
  }

  /** Forgets what was seen: somebody else changed the group meanwhile. */
  forget(resource: string, name: string): void {
    this.#entries.delete(`${resource} ${name}`);
  }
}

async function bringInLine(
  session: AdminSession,
  request: GroupRequest,
  digest: string,
): Promise<ReadyGroup> {
  const wanted = await wantedBy(session, request.constraints);
  if (wanted.missing.length > 0) {
    throw providerFailed(
      'provider_misconfigured',
      `The scope ${request.scope.id} does not fit its database: ${wanted.missing.join(' ')}`,
    );
  }
  await addConnect(session, wanted);
  const held = await heldBy(session, request.name);
  if (!held || held.digest !== label(digest) || !isExact(held, wanted)) {
    await change(session, request, digest, wanted);
  }
  const { name } = request;
  return { name, digest, columns: wanted.columns, limitsTempFiles: await limits(session) };
}

/** Where PUBLIC has lost CONNECT, the group needs it from the admin. */
async function addConnect(session: AdminSession, wanted: Wanted): Promise<void> {
  const { rows } = await session.client.query<{ may: boolean }>(
    "SELECT has_database_privilege(current_database(), 'CONNECT WITH GRANT OPTION') AS may",
  );
  if (!rows[0]?.may) return;
  const name = session.target.database;
  wanted.privileges.add({
    kind: 'DATABASE',
    schema: null,
    name,
    privilege: 'CONNECT',
    column: null,
  });
}

function label(digest: string): string {
  return `countersign ${digest}`;
}

function isExact(held: Held, wanted: Wanted): boolean {
  return (
    held.oddities.length === 0 &&
    held.memberOf.length === 0 &&
    held.privileges.without(wanted.privileges).size === 0 &&
    wanted.privileges.without(held.privileges).size === 0
  );
}

async function change(
  session: AdminSession,
  request: GroupRequest,
  digest: string,
  wanted: Wanted,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await session.client.query('BEGIN');
      await changeOnce(session, request, digest, wanted);
      await session.client.query('COMMIT');
      return;
    } catch (error) {
      await session.client.query('ROLLBACK');
      // Another broker made the role, or touched the same rows, in the same moment: look again.
      const again = isContention(error) || ['23505', '42710'].includes(failureCode(error));
      if (!again || attempt === ATTEMPTS) throw error;
    }
  }
}

async function changeOnce(
  session: AdminSession,
  { name, scope }: GroupRequest,
  digest: string,
  wanted: Wanted,
): Promise<void> {
  const role = pg.escapeIdentifier(name);
  const { client } = session;
  if (!(await heldBy(session, name))) await client.query(`CREATE ROLE ${role} NOLOGIN`);
  // Commenting on a role locks it until commit, against other brokers and nobody else: a lease has no
  // right to take this lock, as it would have on an advisory one.
  await client.query(`COMMENT ON ROLE ${role} IS ${pg.escapeLiteral(label(digest))}`);
  const held = await heldBy(session, name);
  if (!held) throw providerFailed('provider_unavailable', 'The group role vanished. Try again.');
  for (const other of held.memberOf) {
    await client.query(`REVOKE ${pg.escapeIdentifier(other)} FROM ${role}`);
  }
  const statements = [
    ...held.privileges.without(wanted.privileges).revokeFrom(name),
    ...wanted.privileges.without(held.privileges).grantTo(name),
  ];
  if (statements.length > 0) await client.query(statements.join(';\n'));
  const after = await heldBy(session, name);
  if (!after || !isExact(after, wanted)) throw notExact(scope, name, after, wanted);
}

/** GRANT and REVOKE only warn when the admin may not: the difference is what says so. */
function notExact(scope: Scope, name: string, held: Held | undefined, wanted: Wanted): Error {
  const extra = held?.privileges.without(wanted.privileges).revokeFrom(name) ?? [];
  const lacking = held ? wanted.privileges.without(held.privileges) : wanted.privileges;
  const problems = [
    ...(held?.oddities ?? []),
    ...(held?.memberOf ?? []).map((other) => `Role ${name} is a member of ${other}.`),
    ...extra.map((sql) => `It holds more than the scope says; whoever granted it runs: ${sql};`),
    ...lacking.phrases().map((phrase) => `The admin cannot grant ${phrase}.`),
  ];
  return providerFailed(
    'provider_misconfigured',
    `The role ${name} does not match the scope ${scope.id}. ${problems.slice(0, 10).join(' ')} Probe the resource for the SQL.`,
  );
}

async function limits(session: AdminSession): Promise<boolean> {
  if (session.major < 15) return false;
  const { rows } = await session.client.query<{ may: boolean }>(
    "SELECT has_parameter_privilege('temp_file_limit', 'SET') AS may",
  );
  return rows[0]?.may ?? false;
}

/** True when the comment the server holds is the one a group of this digest has. */
export function carries(comment: string | null, digest: string): boolean {
  return comment === label(digest);
}
