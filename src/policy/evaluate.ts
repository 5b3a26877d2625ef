import type { Response } from '@cedar-policy/cedar-wasm/nodejs';
import type { Decision } from '../domain/decision.ts';
import type { Rule } from './bundle.ts';
import { withCedar } from './cedar/engine.ts';
import { type DecisionContext, pickFacts } from './context.ts';
import { compare } from './problems.ts';
import type { Question } from './rule-index.ts';
import type { PreparedSlice } from './slice-pool.ts';
import { mergeTerms } from './terms.ts';

/**
 * Asks Cedar about one prepared slice and reads its answer. Any error in the diagnostics is a deny:
 * Cedar skips a rule that errs, be it a `forbid`, and would go on to allow.
 */
export function evaluate(
  { slice, name }: PreparedSlice,
  agentId: string,
  question: Question,
  context: DecisionContext,
  bundleVersion: number,
): Decision {
  if (slice.rules.length === 0) return deny('no_rule', bundleVersion);
  const principal = { type: 'Agent', id: agentId };
  const agent = { uid: principal, attrs: {}, parents: slice.agentParents };
  const call = {
    principal,
    action: { type: 'Action', id: question.action },
    resource: { type: 'Scope', id: question.scope },
    context: pickFacts(context, slice.facts),
    preparsedPolicySetId: name,
    entities: slice.agentParents.length > 0 ? [agent, ...slice.entities] : slice.entities,
  };
  const answer = withCedar((cedar) => cedar.statefulIsAuthorized(call));
  if (answer.type === 'failure') {
    return deny(
      'policy_error',
      bundleVersion,
      [],
      answer.errors.map((error) => error.message),
    );
  }
  return readResponse(answer.response, slice.rules, bundleVersion);
}

/** Cedar's response as a decision. `rules` are those that Cedar knows as `policy0`, `policy1`, … */
function readResponse(response: Response, rules: readonly Rule[], bundleVersion: number): Decision {
  const { decision, diagnostics } = response;
  const ruleOf = (policyId: string) => rules[Number(policyId.slice('policy'.length))];
  if (diagnostics.errors.length > 0) {
    const errors = diagnostics.errors.map(({ policyId, error }) => {
      return `${ruleOf(policyId)?.id ?? policyId}: ${error.message}`;
    });
    const erring = diagnostics.errors.map(({ policyId }) => ruleOf(policyId)?.id ?? policyId);
    return deny('policy_error', bundleVersion, erring.sort(compare), errors.sort(compare));
  }
  const matched = diagnostics.reason
    .map(ruleOf)
    .filter((rule) => rule !== undefined)
    .sort((a, b) => compare(a.id, b.id));
  const ids = matched.map(({ id }) => id);
  if (decision !== 'allow')
    return deny(ids.length > 0 ? 'forbidden' : 'no_rule', bundleVersion, ids);
  const terms = mergeTerms(matched);
  const outcome = terms.approvals.length > 0 ? 'require_approval' : 'allow';
  return { outcome, bundleVersion, rules: ids, terms };
}

function deny(
  reason: 'no_rule' | 'forbidden' | 'policy_error',
  bundleVersion: number,
  rules: readonly string[] = [],
  errors: readonly string[] = [],
): Decision {
  return { outcome: 'deny', reason, bundleVersion, rules, errors };
}
