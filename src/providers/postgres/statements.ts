import pg from 'pg';
import type { Scope } from '../../domain/scope.ts';
import type { Constraints } from './constraints.ts';

const quote = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

export interface LeaseRole {
  readonly name: string;
  readonly group: string;
  readonly verifier: string;
  /** Unix milliseconds. */
  readonly validUntil: number;
  readonly scope: Scope;
  readonly constraints: Constraints;
  readonly limitsTempFiles: boolean;
  /** Major version of the server. */
  readonly major: number;
}

export function timestamp(unixMs: number): string {
  return literal(new Date(unixMs).toISOString());
}

/**
 * Makes the admin a member of the lease's role, with its rights and the right to become it: without that,
 * 16 and later refuse `pg_terminate_backend` and `DROP OWNED` even to the role's creator.
 */
export function membershipStatement(lease: string, major: number): string {
  const options = major >= 16 ? ' WITH INHERIT TRUE, SET TRUE' : '';
  return `GRANT ${quote(lease)} TO CURRENT_USER${options}`;
}

/** The schemas a scope names, in the order it names them. */
export function schemasOf(constraints: Constraints): string[] {
  const named = constraints.grant.flatMap((grant) =>
    'schema' in grant ? [grant.schema] : grant.tables.map((table) => table.split('.')[0] ?? ''),
  );
  return [...new Set(named)];
}

/**
 * Conveniences and limits of a lease's sessions. A session can change all but the last: the barrier is
 * what the group was granted, and the watchdog keeps time.
 */
function settings(role: LeaseRole): [string, string][] {
  const { constraints } = role;
  const list: [string, string][] = [
    ['statement_timeout', `'${constraints.statement_timeout}ms'`],
    ['idle_in_transaction_session_timeout', `'${constraints.idle_in_transaction_timeout}ms'`],
    ['lock_timeout', `'${constraints.lock_timeout}ms'`],
    ['search_path', schemasOf(constraints).map(literal).join(', ')],
  ];
  if (role.scope.effect === 'read') list.push(['default_transaction_read_only', 'on']);
  if (constraints.idle_session_timeout !== undefined) {
    list.push(['idle_session_timeout', `'${constraints.idle_session_timeout}ms'`]);
  }
  if (role.limitsTempFiles) list.push(['temp_file_limit', literal(constraints.temp_file_limit)]);
  return list;
}

/**
 * Everything that makes a lease's role. `make` is CREATE, or ALTER where an earlier attempt got as far as
 * creating it: then its password is replaced.
 */
export function leaseStatements(role: LeaseRole, make: 'CREATE' | 'ALTER'): string[] {
  const name = quote(role.name);
  const options = role.major >= 16 ? ' WITH INHERIT TRUE, SET FALSE' : '';
  return [
    `${make} ROLE ${name} LOGIN PASSWORD ${literal(role.verifier)} VALID UNTIL ${timestamp(role.validUntil)} CONNECTION LIMIT ${role.constraints.connections}`,
    `GRANT ${quote(role.group)} TO ${name}${options}`,
    membershipStatement(role.name, role.major),
    ...settings(role).map(([key, value]) => `ALTER ROLE ${name} SET ${key} = ${value}`),
  ];
}
