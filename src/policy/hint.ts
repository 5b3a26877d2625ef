import type { Decision, Hint } from '../domain/decision.ts';
import type { Scope } from '../domain/scope.ts';
import type { Rule } from './bundle.ts';
import type { DecisionRequest, Policy } from './policy.ts';

const MOST_ALTERNATIVES = 5;
/** Decisions one hint may cost. */
const MOST_DECISIONS = 50;

/**
 * What to tell an agent that may not go on: the rule concerned, scopes it would be allowed now
 * (the same resource first, then scopes of the same effect), and how to ask.
 */
export function hintFor(policy: Policy, request: DecisionRequest, decision: Decision): Hint {
  const rule =
    decision.outcome === 'deny' ? deniedBy(policy, request, decision) : firstOf(policy, decision);
  const alternatives = alternativesTo(policy, request);
  const how = howToAsk(decision, rule, alternatives);
  return {
    ...(rule ? { rule: rule.id } : {}),
    ...(alternatives.length > 0 ? { alternatives } : {}),
    how,
  };
}

function firstOf(policy: Policy, decision: Decision): Rule | undefined {
  return policy.bundle.rules.find(({ id }) => decision.rules.includes(id));
}

/** The forbid that matched or the rule that erred; else a permit that only lacked its condition. */
function deniedBy(policy: Policy, request: DecisionRequest, decision: Decision): Rule | undefined {
  if (decision.rules.length > 0) return firstOf(policy, decision);
  return policy.sliceFor(request)?.rules.find(({ effect }) => effect === 'permit');
}

function alternativesTo(policy: Policy, request: DecisionRequest): string[] {
  const { scopes } = policy.bundle;
  const asked = scopes.get(request.scope);
  const resource = asked?.resource ?? request.scope.split(':', 1)[0];
  const rank = (scope: Scope) =>
    scope.resource === resource ? 0 : scope.effect === asked?.effect ? 1 : 2;
  const others = [...scopes.values()].filter(({ id }) => id !== request.scope);
  const found: string[] = [];
  // Sorting is stable: within a rank the order of the files stays.
  for (const scope of others.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_DECISIONS)) {
    if (found.length === MOST_ALTERNATIVES) break;
    const { agent, context } = request;
    if (policy.decide({ agent, context, scope: scope.id }).outcome === 'allow')
      found.push(scope.id);
  }
  return found;
}

function howToAsk(
  decision: Decision,
  rule: Rule | undefined,
  alternatives: readonly string[],
): string {
  if (decision.outcome !== 'deny') return 'A person has to approve this first.';
  if (decision.reason === 'policy_error') {
    return 'A rule failed, so the answer is no. Ask an operator to look at the policy.';
  }
  if (decision.reason === 'unknown_scope') {
    return 'No such scope. GET /v1/scopes lists what you may ask for.';
  }
  if (rule?.terms.note) return rule.terms.note;
  if (rule?.reads.context.includes('task.verified_ticket') && rule.effect === 'permit') {
    return 'Ask an operator to open the task with a ticket.';
  }
  return alternatives.length > 0
    ? 'Ask for one of the alternatives, or ask an operator for a rule.'
    : 'Ask an operator for a rule that allows it.';
}
