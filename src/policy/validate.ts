import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { Bundle } from './bundle.ts';
import { checkPlacing } from './check-placing.ts';
import { checkProtected } from './check-protected.ts';
import { checkReferences } from './check-references.ts';
import { checkSandboxes } from './check-sandboxes.ts';
import { checkSchema } from './check-schema.ts';
import { compilePolicy } from './policy.ts';
import { type Problem, Problems } from './problems.ts';
import { runTests, type TestResult } from './run-tests.ts';
import { CHECKING_POOL } from './slice-pool.ts';

/**
 * What the provider of a resource's kind says about a scope, as sentences: it grants more than its
 * effect, or could not be issued. The provider port's `checkScope`; for an unknown kind, say so.
 */
export type CheckScope = (resource: Resource, scope: Scope) => string[];

export interface Validation {
  /** Worth a look, but no reason to refuse. */
  readonly warnings: readonly Problem[];
  readonly tests: readonly TestResult[];
}

/**
 * Checks a loaded bundle whole: every rule against the Cedar schema, what rules name, protected
 * environments, what providers can issue, and last its own tests.
 * @throws `bundle_invalid` with every problem, each with file and line
 */
export function validateBundle(bundle: Bundle, checkScope: CheckScope): Validation {
  const problems = new Problems();
  const warnings = new Problems();
  checkSchema(bundle, problems, warnings);
  checkReferences(bundle, problems, warnings);
  checkPlacing(bundle, problems, warnings);
  checkProtected(bundle, problems);
  checkSandboxes(bundle, problems);
  for (const scope of bundle.scopes.values()) {
    const resource = bundle.resources.get(scope.resource);
    const place = bundle.places.get(`scope:${scope.id}`);
    if (!resource || !place) continue;
    for (const message of checkScope(resource, scope)) {
      problems.add(place.file, place.line, `${scope.id}: ${message}`);
    }
  }
  problems.throwIfAny();
  const tests = runTests(compilePolicy(bundle, { pool: CHECKING_POOL }));
  for (const {
    case: { name, file, line },
    failures,
  } of tests) {
    for (const failure of failures) problems.add(file, line, `Test "${name}" failed: ${failure}`);
  }
  problems.throwIfAny();
  return { warnings: warnings.list, tests };
}
