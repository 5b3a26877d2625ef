import type { Decision, Hint } from '../domain/decision.ts';
import { accessDenied, type BrokerError } from '../domain/errors.ts';
import { hintFor } from '../policy/hint.ts';
import type { DecisionRequest, Policy } from '../policy/policy.ts';

type Refused = Exclude<Decision, { outcome: 'allow' }>;

/** A decision that is no allow, as the error the agent sees: which rule, what instead, how to ask. */
export function refusalOf(
  policy: Policy,
  request: DecisionRequest,
  decision: Refused,
): BrokerError {
  const hint: Hint = hintFor(policy, request, decision);
  if (decision.outcome === 'require_approval') {
    return accessDenied(`${request.scope} needs a person's approval, which this was not given.`, {
      ...hint,
      how: 'Ask the token endpoint for it again: a person will be asked.',
    });
  }
  return accessDenied(SENTENCES[decision.reason](request.scope, decision.rules), hint);
}

const SENTENCES = {
  no_rule: (scope: string) => `No rule allows this agent ${scope}.`,
  forbidden: (scope: string, rules: readonly string[]) =>
    `${scope} is forbidden by ${rules.join(', ')}.`,
  policy_error: (scope: string, rules: readonly string[]) =>
    `A rule about ${scope} failed to evaluate (${rules.join(', ') || 'unknown'}), so it is denied.`,
  unknown_scope: (scope: string) => `There is no scope ${scope}.`,
  unknown_agent: () => 'This agent is not known to the policy.',
} as const;
