import pg from 'pg';
import type { AdminSession } from '../connections.ts';
import { failureCode, isContention } from '../failures.ts';
import { membershipStatement, timestamp } from '../statements.ts';
import type { SandboxConstraints } from './constraints.ts';

const quote = pg.escapeIdentifier;
const literal = pg.escapeLiteral;
const ATTEMPTS = 5;
const LONGEST_IDLE_TRANSACTION = '10min';

/** The role of a sandbox lease before its database is ready: it owns nothing and cannot log in. */
export function roleStatements(name: string, major: number): string[] {
  return [`CREATE ROLE ${quote(name)} NOLOGIN`, membershipStatement(name, major)];
}

/**
 * Hands the clone over, run in the clone in one transaction: what the template's owner has there becomes the
 * lease's, and only then may the lease log in. Never from the admin: that would hand over databases.
 */
export function handOverStatements(handOver: {
  readonly lease: string;
  readonly owner: string;
  /** SCRAM verifier. */
  readonly verifier: string;
  /** Schemas of the owner besides public: what is in them changes hands only to who may create there. */
  readonly schemas: readonly string[];
  /** Unix milliseconds. */
  readonly validUntil: number;
  readonly constraints: SandboxConstraints;
}): string[] {
  const { constraints, verifier, validUntil } = handOver;
  const lease = quote(handOver.lease);
  const settings = [
    ['statement_timeout', `'${constraints.statement_timeout}ms'`],
    ['idle_in_transaction_session_timeout', `'${LONGEST_IDLE_TRANSACTION}'`],
  ];
  return [
    ...['public', ...handOver.schemas].map(
      (schema) => `GRANT CREATE, USAGE ON SCHEMA ${quote(schema)} TO ${lease}`,
    ),
    `REASSIGN OWNED BY ${quote(handOver.owner)} TO ${lease}`,
    `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${lease} TO ${lease}`,
    ...settings.map(([key, value]) => `ALTER ROLE ${lease} SET ${key} = ${value}`),
    `ALTER ROLE ${lease} LOGIN PASSWORD ${literal(verifier)} VALID UNTIL ${timestamp(validUntil)} CONNECTION LIMIT ${constraints.connections}`,
  ];
}

/** Makes the role unless an earlier attempt did. @returns its OID */
export async function makeNoLogin(session: AdminSession, name: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      await session.client.query(roleStatements(name, session.major).join(';\n'));
      break;
    } catch (error) {
      if (['42710', '23505'].includes(failureCode(error))) {
        await session.client.query(membershipStatement(name, session.major));
        break;
      }
      if (!isContention(error) || attempt === ATTEMPTS) throw error;
    }
  }
  const { rows } = await session.client.query<{ oid: number }>(
    'SELECT oid FROM pg_roles WHERE rolname = $1',
    [name],
  );
  return rows[0]?.oid ?? 0;
}
