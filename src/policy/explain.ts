import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Decision } from '../domain/decision.ts';
import type { Bundle, Rule } from './bundle.ts';
import { withCedar } from './cedar/engine.ts';
import { entityKey } from './cedar/head.ts';
import { pickFacts } from './context.ts';
import type { DecisionRequest, Policy } from './policy.ts';
import type { Slice } from './slice.ts';

/** What one rule had to say about a request. */
export interface RuleExplanation {
  readonly rule: Rule;
  readonly matched: boolean;
  /** Why not: conditions that do not hold as `when {…}`, or the part of the head that differs. */
  readonly unmet: readonly string[];
}

export interface Explanation {
  readonly decision: Decision;
  /** Rules whose head fits the request. */
  readonly considered: readonly RuleExplanation[];
  /** Permits that differ from the request in one part of their head only. */
  readonly nearly: readonly RuleExplanation[];
}

/** Decides `request` and says what each rule near it contributed. For people: slower than `decide`. */
export function explain(policy: Policy, request: DecisionRequest): Explanation {
  const decision = policy.decide(request);
  const slice = policy.sliceFor(request);
  const considered = (slice?.rules ?? []).map((rule) => {
    const unmet = unmetConditions(rule, slice as Slice, request, policy);
    return { rule, matched: unmet.length === 0, unmet };
  });
  const inSlice = new Set(slice?.rules);
  const nearly = policy.bundle.rules.flatMap((rule) => {
    const skip = rule.effect === 'forbid' || inSlice.has(rule);
    const differs = skip ? [] : headDifferences(rule, request, policy.bundle);
    return differs.length === 1 ? [{ rule, matched: false, unmet: differs }] : [];
  });
  return { decision, considered, nearly };
}

/** The clauses of a rule that are not true for the request, each as Cedar text. */
function unmetConditions(
  rule: Rule,
  slice: Slice,
  request: DecisionRequest,
  policy: Policy,
): string[] {
  const parsed = withCedar((cedar) => cedar.policyToJson(rule.text));
  if (parsed.type === 'failure') return ['this rule cannot be read'];
  const action = request.action ?? policy.bundle.scopes.get(request.scope)?.effect ?? 'read';
  const principal = { type: 'Agent', id: request.agent.id };
  const agent = { uid: principal, attrs: {}, parents: slice.agentParents };
  return parsed.json.conditions.flatMap((clause) => {
    // A permit of this clause alone, with an open head: allow means that the clause holds.
    const single: PolicyJson = {
      effect: 'permit',
      principal: { op: 'All' },
      action: { op: 'All' },
      resource: { op: 'All' },
      conditions: [clause],
    };
    const answer = withCedar((cedar) =>
      cedar.isAuthorized({
        principal,
        action: { type: 'Action', id: action },
        resource: { type: 'Scope', id: request.scope },
        context: pickFacts(request.context, [['*']]),
        entities: [agent, ...slice.entities],
        policies: { staticPolicies: { clause: single } },
      }),
    );
    const holds = answer.type === 'success' && answer.response.decision === 'allow';
    return holds ? [] : [clauseText(single)];
  });
}

/** `when { … }` of a policy that has one clause and no annotations. */
function clauseText(policy: PolicyJson): string {
  const answer = withCedar((cedar) => cedar.policyToText(policy));
  if (answer.type === 'failure') return 'its condition';
  const at = answer.text.search(/\b(?:when|unless)\b/);
  return answer.text.slice(at).replace(/;\s*$/, '').replace(/\s+/g, ' ').trim();
}

function headDifferences({ head }: Rule, request: DecisionRequest, bundle: Bundle): string[] {
  const scope = bundle.scopes.get(request.scope);
  const resource = scope && bundle.resources.get(scope.resource);
  const principals = [
    `Agent::${request.agent.id}`,
    ...request.agent.teams.map((it) => `Team::${it}`),
  ];
  const resources = [
    `Scope::${request.scope}`,
    `Resource::${resource?.name}`,
    `Environment::${resource?.environment.name}`,
  ];
  const action = request.action ?? scope?.effect;
  const differences: string[] = [];
  if (head.principal && !principals.includes(entityKey(head.principal))) {
    differences.push(`is for ${head.principal.type}::"${head.principal.id}"`);
  }
  if (head.actions && !(action && head.actions.includes(action))) {
    differences.push(`is for ${head.actions.map((it) => `Action::"${it}"`).join(', ')}`);
  }
  if (head.resource && !resources.includes(entityKey(head.resource))) {
    differences.push(`is for ${head.resource.type}::"${head.resource.id}"`);
  }
  return differences;
}
