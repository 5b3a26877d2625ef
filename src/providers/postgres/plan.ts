import pg from 'pg';
import type { IssueRequest } from '../../ports/provider.ts';
import { type Constraints, constraintsOf } from './constraints.ts';
import type { RoleNames } from './names.ts';
import { planSandbox } from './sandbox/plan.ts';
import { leaseStatements } from './statements.ts';

const quote = pg.escapeIdentifier;

function grantOf(grant: Constraints['grant'][number], group: string): string {
  if ('schema' in grant) {
    return `GRANT ${grant.privileges.join(', ')} ON ALL TABLES IN SCHEMA ${quote(grant.schema)} TO ${group}`;
  }
  const columns = grant.columns ? ` (${grant.columns.map(quote).join(', ')})` : '';
  const privileges = grant.privileges.map((privilege) => `${privilege}${columns}`).join(', ');
  const tables = grant.tables.map((table) => table.split('.').map(quote).join('.')).join(', ');
  return `GRANT ${privileges} ON TABLE ${tables} TO ${group}`;
}

/**
 * What `issue` runs at a server of version 16 or later, the password's verifier left out: the grants of
 * the scope's group, then the lease. (Versions 14 and 15 know no membership options.)
 */
export function plan(names: RoleNames, request: Omit<IssueRequest, 'root' | 'signal'>): string[] {
  if (request.scope.effect === 'sandbox') return planSandbox(names, request);
  const constraints = constraintsOf(request.scope);
  const name = names.group(request.scope.id);
  return [
    ...constraints.grant.map((grant) => grantOf(grant, quote(name))),
    ...leaseStatements(
      {
        name: request.lease.outsideName,
        group: name,
        verifier: '<SCRAM-SHA-256 verifier>',
        validUntil: request.lease.expiresAt,
        scope: request.scope,
        constraints,
        limitsTempFiles: true,
        major: 16,
      },
      'CREATE',
    ),
  ];
}
