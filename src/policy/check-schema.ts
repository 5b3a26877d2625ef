import type { ValidationError } from '@cedar-policy/cedar-wasm/nodejs';
import type { Bundle, Rule } from './bundle.ts';
import { withCedar } from './cedar/engine.ts';
import { CEDAR_SCHEMA } from './cedar/schema.ts';
import { reportCedar } from './load-rules.ts';
import type { Problems } from './problems.ts';

/**
 * Type-checks every rule against the Cedar schema. A rule that can never match is a warning for a
 * permit (it opens nothing) and a problem for a forbid (it would silently forbid nothing).
 */
export function checkSchema(bundle: Bundle, problems: Problems, warnings: Problems): void {
  const staticPolicies = Object.fromEntries(bundle.rules.map((rule, at) => [`${at}`, rule.text]));
  let answer: ReturnType<typeof validate>;
  try {
    answer = validate(staticPolicies);
  } catch {
    problems.add('rules', 1, 'Cedar could not check these rules.');
    return;
  }
  if (answer.type === 'failure') {
    for (const error of answer.errors) problems.add('rules', 1, `Cedar: ${error.message}.`);
    return;
  }
  const each = (found: readonly ValidationError[], into: (rule: Rule) => Problems | undefined) => {
    const told = new Set<string>();
    for (const { policyId, error } of found) {
      const rule = bundle.rules[Number(policyId)];
      const sink = rule && into(rule);
      // Cedar repeats itself once per action; the first time says it all.
      const key = `${policyId}:${error.sourceLocations?.[0]?.start}`;
      if (!rule || !sink || told.has(key)) continue;
      told.add(key);
      reportCedar(rule, error, sink);
    }
  };
  const failed = new Set(answer.validationErrors.map(({ policyId }) => policyId));
  each(answer.validationErrors, () => problems);
  const others = answer.validationWarnings.filter(({ policyId }) => !failed.has(policyId));
  each(others, (rule) => (rule.effect === 'forbid' ? problems : warnings));
}

function validate(staticPolicies: Record<string, string>) {
  return withCedar((cedar) =>
    cedar.validate({ schema: CEDAR_SCHEMA, policies: { staticPolicies } }),
  );
}
