import pg from 'pg';
import { providerFailed } from '../../../domain/errors.ts';
import type { IssuedCredential, IssueRequest } from '../../../ports/provider.ts';
import type { AdminSession } from '../connections.ts';
import { credentialOf, identified } from '../credential.ts';
import { markStatement, UNMARK } from '../fence.ts';
import { isHome, madeElsewhere } from '../home.ts';
import type { Parts } from '../parts.ts';
import type { Password } from '../scram.ts';
import { type SandboxConstraints, sandboxOf } from './constraints.ts';
import { createClosed, findDatabase, setOpen, templateMissing } from './database.ts';
import { handOverStatements, makeNoLogin } from './role.ts';
import { formatBytes } from '../../../domain/sizes.ts';

/** What the watchdog holds the clone to: on the database, where its lease can't change it. */
export const SIZE_COMMENT = 'countersign sandbox, bytes at most: ';

interface Clone {
  readonly request: IssueRequest;
  readonly template: string;
  readonly constraints: SandboxConstraints;
  readonly password: Password;
}

/**
 * Gives a lease a database of its own, cloned from the template: closed until it belongs to the lease alone.
 * Every step finds out whether an earlier attempt took it, so that it can be repeated for the same lease.
 */
export async function issueSandbox(parts: Parts, request: IssueRequest): Promise<IssuedCredential> {
  const constraints = sandboxOf(request.scope);
  const name = request.lease.outsideName;
  const template = request.template?.database;
  if (!parts.names.isLease(name) || !template || !parts.names.isTemplate(template)) {
    throw providerFailed('provider_rejected', 'The lease carries no name of this installation.');
  }
  const password = await parts.passwords.take();
  const clone = { request, template, constraints, password };
  await parts.clones.run(request.resource.name, request.signal, () =>
    parts.connections.use(request, (session) => {
      // The secret may have been set anew since the reservation: made there, it would be on no record.
      if (!isHome(session, request.lease)) throw madeElsewhere(request.lease);
      return makeClone(parts, session, clone);
    }),
  );
  return parts.connections.useOnce(request, name, async (session) => {
    await handOver(parts, session, clone);
    const target = { ...session.target, database: name };
    const info = { template: constraints.template, max_size: formatBytes(constraints.max_size) };
    return identified(credentialOf(target, name, password, info), session);
  });
}

async function makeClone(parts: Parts, session: AdminSession, clone: Clone): Promise<void> {
  const { request, template, constraints } = clone;
  const name = request.lease.outsideName;
  const facts = await findDatabase(session, template);
  if (!facts || facts.broken) throw templateMissing();
  if (facts.size > constraints.max_size) {
    throw providerFailed(
      'provider_rejected',
      `The template ${constraints.template} takes ${formatBytes(facts.size)}, more than the ${formatBytes(constraints.max_size)} a sandbox of ${request.scope.id} may have. Raise max_size, or make the template smaller.`,
    );
  }
  await session.client.query(markStatement(name, false));
  parts.oids.set(name, await makeNoLogin(session, name));
  await createClosed(session, name, template, facts.size, request.signal);
  const comment = pg.escapeLiteral(`${SIZE_COMMENT}${constraints.max_size}`);
  await session.client.query(`COMMENT ON DATABASE ${pg.escapeIdentifier(name)} IS ${comment}`);
  await setOpen(session, name, true);
  await session.client.query(UNMARK);
}

/** Looked at before it is committed: nobody but the lease gets in, and the lease owns no database. */
const READ_BACK = `
SELECT pg_get_userbyid(d.datdba) = current_user AND NOT EXISTS (
    SELECT FROM aclexplode(d.datacl) x WHERE x.grantee NOT IN (d.datdba, r.oid))
  AND NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
  AND NOT EXISTS (SELECT FROM pg_database o WHERE o.datdba = r.oid)
  AND NOT (r.rolsuper OR r.rolcreatedb OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls) AS sound
FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = d.datname`;

async function handOver(parts: Parts, session: AdminSession, clone: Clone): Promise<void> {
  const { request, constraints, password } = clone;
  const owner = parts.names.templateOwner(request.resource.name, constraints.template);
  const { rows: schemas } = await session.client.query<{ name: string }>(
    `SELECT nspname::text AS name FROM pg_namespace WHERE pg_get_userbyid(nspowner) = $1 AND nspname <> 'public'`,
    [owner],
  );
  const statements = handOverStatements({
    lease: request.lease.outsideName,
    owner,
    schemas: schemas.map(({ name }) => name),
    verifier: password.verifier,
    validUntil: request.lease.expiresAt,
    constraints,
  });
  const text = ['BEGIN', ...statements, READ_BACK].join(';\n');
  const results = (await session.client.query(text)) as unknown as pg.QueryResult<{
    sound: boolean;
  }>[];
  if (results.at(-1)?.rows[0]?.sound !== true) {
    throw providerFailed(
      'provider_misconfigured',
      'The sandbox that was made is not the one that was meant, and was taken back. Probe the resource.',
    );
  }
  await session.client.query('COMMIT');
}
