import { z } from 'zod';
import { scopeUnfit } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';

/** A mount, `creds`, a role. `sts/` and whatever else is leased cannot be taken back early. */
const CREDS = /^(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*\/)+creds\/[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;

/** What stands under `vault:` in a scope of the bundle. */
const constraintsSchema = z.strictObject({
  path: z
    .string()
    .max(200)
    .regex(CREDS, 'must be <mount>/creds/<role>, such as database/creds/readonly')
    .refine((text) => !/^(?:sys|auth|identity|cubbyhole)\//.test(text), {
      message: 'must not be below a path of Vault itself',
    }),
  type: z.enum(['database', 'aws', 'generic']).default('generic'),
  token_role: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the name of a token role')
    .default('countersign'),
  /** Told to the agent beside the credential, e.g. host and port: no secrets. */
  hints: z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,31}$/), z.string().max(200))
    .refine((hints) => Object.keys(hints).length <= 20, { message: 'has more than 20 members' })
    .optional(),
});
export type Constraints = z.output<typeof constraintsSchema>;

/** Reads a scope's constraints. @returns them, or what is wrong as sentences */
export function readConstraints(
  scope: Scope,
): { readonly constraints: Constraints } | { readonly problems: string[] } {
  if (scope.effect !== 'read' && scope.effect !== 'write') {
    return { problems: [`A vault scope has effect read or write, not ${scope.effect}.`] };
  }
  const result = constraintsSchema.safeParse(scope.constraints);
  if (result.success) return { constraints: result.data };
  return {
    problems: result.error.issues.map(
      (issue) => `vault${issue.path.map((step) => `.${String(step)}`).join('')}: ${issue.message}.`,
    ),
  };
}

/** The same where only valid constraints are expected: the bundle was checked before it was activated. */
export function constraintsOf(scope: Scope): Constraints {
  const result = readConstraints(scope);
  if ('constraints' in result) return result.constraints;
  throw scopeUnfit(scope.id, result.problems);
}
