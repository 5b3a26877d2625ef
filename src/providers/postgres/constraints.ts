import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseDuration } from '../../domain/duration.ts';
import { scopeUnfit } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';

const READ = ['SELECT'] as const;
const WRITE = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
/** TRUNCATE, REFERENCES and TRIGGER are left out for good: they cannot be told from destruction or code. */
export type Privilege = (typeof WRITE)[number];

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A name as the catalog holds it: exact case, no quotes around it, at most 63 bytes. */
const identifier = z
  .string()
  .regex(/^[^.\0]+$/, 'must be a plain name as the catalog holds it, without dots')
  .refine((name) => bytes(name) <= 63, 'must be at most 63 bytes long');

const userSchema = identifier.refine(
  (name) => !name.startsWith('pg_') && name !== 'information_schema',
  'must not be a system schema',
);

const tableName = z.string().superRefine((text, context) => {
  const parts = text.split('.');
  const [schema = '', table = ''] = parts;
  if (parts.length !== 2 || table === '' || !identifier.safeParse(table).success) {
    context.addIssue({ code: 'custom', message: 'must be schema.table' });
  } else if (!userSchema.safeParse(schema).success) {
    context.addIssue({ code: 'custom', message: 'must not name a system schema' });
  }
});

const duration = (longestSeconds: number) =>
  z
    .string()
    .refine((text) => (parseDuration(text) ?? Infinity) <= longestSeconds, {
      message: `must be a duration like 30s, at most ${longestSeconds}s`,
    })
    .transform((text) => (parseDuration(text) ?? 0) * 1000);

const privileges = z.array(z.enum(WRITE)).min(1);

const tableGrant = z
  .strictObject({
    privileges,
    tables: z.array(tableName).min(1).max(500),
    columns: z.array(identifier).min(1).max(1600).optional(),
  })
  .refine((grant) => !grant.columns || !grant.privileges.includes('DELETE'), {
    message: 'DELETE cannot be limited to columns',
  });
const schemaGrant = z.strictObject({ privileges, schema: userSchema });

const grant = z.unknown().transform((value, context) => {
  const form = typeof value === 'object' && value !== null && 'schema' in value;
  const result = (form ? schemaGrant : tableGrant).safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    context.addIssue({ code: 'custom', message: issue.message, path: [...issue.path] });
  }
  return z.NEVER;
});

/** Longest idle transaction a scope may allow; the watchdog holds every session to it. */
export const LONGEST_IDLE_TRANSACTION_MS = 600_000;

/** What stands under `postgres:` in a scope of the bundle. Durations become milliseconds. */
const constraintsSchema = z.strictObject({
  grant: z.array(grant).min(1).max(200),
  statement_timeout: duration(3600).default(30_000),
  idle_in_transaction_timeout: duration(LONGEST_IDLE_TRANSACTION_MS / 1000).default(60_000),
  idle_session_timeout: duration(86_400).optional(),
  lock_timeout: duration(300).default(5_000),
  connections: z.number().int().min(1).max(20).default(2),
  temp_file_limit: z
    .string()
    .regex(/^[1-9][0-9]{0,5}(?:kB|MB|GB)$/, 'must be a size like 100MB')
    .default('1GB'),
  /** Tables that triggers of these may write to, for operations: nothing else is let through. */
  trigger_tables: z.array(tableName).max(50).default([]),
});
export type Constraints = z.output<typeof constraintsSchema>;

function allowed(scope: Scope): readonly Privilege[] | undefined {
  if (scope.effect === 'read') return READ;
  // Under `destroy` the broker alone runs statements: no login comes with it.
  return scope.effect === 'write' || scope.effect === 'destroy' ? WRITE : undefined;
}

/**
 * Reads a scope's constraints.
 * @returns them, or what is wrong as sentences
 */
export function readConstraints(
  scope: Scope,
): { readonly constraints: Constraints } | { readonly problems: string[] } {
  const may = allowed(scope);
  if (!may) {
    return {
      problems: [`A postgres scope has effect read, write or destroy, not ${scope.effect}.`],
    };
  }
  const result = constraintsSchema.safeParse(scope.constraints);
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) =>
        `postgres${issue.path.map((step) => `.${String(step)}`).join('')}: ${issue.message}.`,
    );
    return { problems };
  }
  const problems = result.data.grant.flatMap((entry, index) =>
    entry.privileges
      .filter((privilege) => !may.includes(privilege))
      .map(
        (privilege) =>
          `postgres.grant.${index}: a ${scope.effect} scope cannot grant ${privilege}.`,
      ),
  );
  return problems.length > 0 ? { problems } : { constraints: result.data };
}

/** The same where only valid constraints are expected: the bundle was checked before it was activated. */
export function constraintsOf(scope: Scope): Constraints {
  const result = readConstraints(scope);
  if ('constraints' in result) return result.constraints;
  throw scopeUnfit(scope.id, result.problems);
}

/** Says whether the grants of a group role still stand for this scope: hex, 64 characters. */
export function grantDigest(scope: Scope, constraints: Constraints): string {
  const text = JSON.stringify([scope.id, scope.effect, constraints.grant]);
  return createHash('sha256').update(text).digest('hex');
}
