import pg from 'pg';
import type { IssueRequest } from '../../../ports/provider.ts';
import type { RoleNames } from '../names.ts';
import { sandboxOf } from './constraints.ts';
import { handOverStatements, roleStatements } from './role.ts';

const quote = pg.escapeIdentifier;

/**
 * What `issue` runs for a sandbox at a server of version 16 or later, the password's verifier left out, and the
 * grants on the template's own schemas, which it hands over.
 */
export function planSandbox(
  names: RoleNames,
  request: Omit<IssueRequest, 'root' | 'signal'>,
): string[] {
  const constraints = sandboxOf(request.scope);
  const name = request.lease.outsideName;
  return [
    ...roleStatements(name, 16),
    `CREATE DATABASE ${quote(name)} TEMPLATE ${quote(request.template?.database ?? '')} ALLOW_CONNECTIONS false`,
    `REVOKE ALL ON DATABASE ${quote(name)} FROM PUBLIC`,
    `ALTER DATABASE ${quote(name)} ALLOW_CONNECTIONS true`,
    ...handOverStatements({
      lease: name,
      owner: names.templateOwner(request.resource.name, constraints.template),
      schemas: [],
      verifier: '<SCRAM-SHA-256 verifier>',
      validUntil: request.lease.expiresAt,
      constraints,
    }),
  ];
}
