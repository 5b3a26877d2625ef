import pg from 'pg';
import { providerFailed } from '../../domain/errors.ts';
import type { IssueRequest } from '../../ports/provider.ts';
import type { AdminSession } from './connections.ts';
import type { Constraints } from './constraints.ts';
import { failureCode, isContention } from './failures.ts';
import { markStatement } from './fence.ts';
import { carries, type ReadyGroup } from './group.ts';
import type { Parts } from './parts.ts';
import { type LeaseRole, leaseStatements } from './statements.ts';

/** One row per membership of the role that was made. */
interface MadeRole {
  oid: number;
  comment: string | null;
  expected: boolean;
}

const ATTEMPTS = 5;

type Make = 'CREATE' | 'ALTER';

/**
 * Makes the lease's role in its group, looking again at whatever changed in between.
 * @returns the group, whose columns the lease may read
 */
export async function makeRole(
  parts: Parts,
  session: AdminSession,
  request: IssueRequest,
  constraints: Constraints,
  verifier: string,
): Promise<ReadyGroup> {
  const { resource, scope, lease } = request;
  const { generation } = request.root;
  const name = parts.names.group(scope.id);
  let make: Make = 'CREATE';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const group = await parts.groups.ready(session, {
      name,
      resource,
      scope,
      constraints,
      generation,
    });
    const { limitsTempFiles } = group;
    const { major } = session;
    const { outsideName, expiresAt: validUntil } = lease;
    const role = { name: outsideName, group: name, verifier, validUntil, scope, constraints };
    try {
      const oid = await transact(session, { ...role, limitsTempFiles, major }, make, group);
      if (oid !== undefined) {
        parts.oids.set(outsideName, oid);
        return group;
      }
      parts.groups.forget(resource.name, name);
    } catch (error) {
      await session.client.query('ROLLBACK');
      if (exists(error) && make === 'CREATE') make = 'ALTER';
      else if (isStale(error) && attempt === 1) parts.groups.forget(resource.name, name);
      else if (!isContention(error)) throw error;
    }
  }
  throw providerFailed('provider_unavailable', 'The scope is being changed. Try again.');
}

/** An earlier attempt for the same lease got as far as creating its role. */
function exists(error: unknown): boolean {
  return ['42710', '23505'].includes(failureCode(error));
}

/** The group was dropped, or the right to set temp_file_limit taken away, since it was looked at. */
function isStale(error: unknown): boolean {
  return ['42704', '42501'].includes(failureCode(error));
}

/**
 * Two round trips: everything, then COMMIT if what was made is what was meant.
 * @returns the role's OID; `undefined` (and nothing made) when the group is no longer the one expected
 */
async function transact(
  session: AdminSession,
  role: LeaseRole,
  make: Make,
  group: ReadyGroup,
): Promise<number | undefined> {
  const statements = leaseStatements(role, make);
  const text = ['BEGIN', markStatement(role.name, true), ...statements, readBack(role)].join(';\n');
  const results = (await session.client.query(text)) as unknown as pg.QueryResult<MadeRole>[];
  const [made, ...others] = results.at(-1)?.rows ?? [];
  if (!made?.expected || others.length > 0) {
    throw providerFailed(
      'provider_misconfigured',
      'The role that was made is not the role that was meant, and was taken back. Probe the resource.',
    );
  }
  if (!carries(made.comment, group.digest)) {
    await session.client.query('ROLLBACK');
    return undefined;
  }
  await session.client.query('COMMIT');
  return made.oid;
}

/** The artefact is looked at before it is handed out: a member of its group and of nothing else. */
function readBack(role: LeaseRole): string {
  const lease = `to_regrole(${pg.escapeLiteral(role.name)})`;
  const group = `to_regrole(${pg.escapeLiteral(role.group)})`;
  return `SELECT m.member AS oid, m.roleid = ${group} AS expected,
  (SELECT description FROM pg_shdescription WHERE objoid = ${group} AND classoid = 'pg_authid'::regclass) AS comment
FROM pg_auth_members m WHERE m.member = ${lease}`;
}
