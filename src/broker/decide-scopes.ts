import type { Agent } from '../domain/agent.ts';
import type { Requirement } from '../domain/approval.ts';
import type { Decision, Terms } from '../domain/decision.ts';
import { invalidScope } from '../domain/errors.ts';
import { isPerOperation } from '../domain/operation.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import { type ContextFacts, decisionContext } from '../policy/context.ts';
import type { DecisionRequest, Policy } from '../policy/policy.ts';
import type { Broker } from './context.ts';
import { refusalOf } from './refusal.ts';

/** A scope that policy allows, with what it takes to grant it. */
export interface AllowedScope {
  readonly scope: Scope;
  readonly resource: Resource;
  readonly terms: Terms;
  readonly rules: readonly string[];
}

export interface ScopesDecision {
  readonly policy: Policy;
  readonly allowed: readonly AllowedScope[];
}

/** What policy allows, and what persons have to approve first. */
export interface WeighedScopes extends ScopesDecision {
  /** Each rule's once; empty: nobody has to be asked. */
  readonly requirements: readonly Requirement[];
  /** The first scope that needs somebody, for telling. */
  readonly asking?: {
    readonly question: DecisionRequest;
    readonly decision: Extract<Decision, { outcome: 'require_approval' }>;
  };
}

/**
 * Decides every scope of a request; all or none.
 *
 * @param approved what persons approved for this grant; nothing for one that nobody was asked about
 * @throws invalidScope for one the bundle does not define; accessDenied with the hint for the first that
 *   is not allowed, or not without persons who were not asked
 */
export function decideScopes(
  broker: Pick<Broker, 'policy' | 'decide'>,
  agent: Pick<Agent, 'id' | 'teams' | 'version'>,
  scopes: readonly string[],
  facts: ContextFacts,
  approved: readonly Requirement[] = [],
): ScopesDecision {
  const weighed = weighScopes(broker, agent, scopes, facts);
  const { policy, requirements, asking } = weighed;
  if (asking && !requirements.every((one) => isApproved(one, approved))) {
    throw refusalOf(policy, asking.question, asking.decision);
  }
  return weighed;
}

/** The same, and what persons have to approve is an answer, not a refusal. */
export function weighScopes(
  broker: Pick<Broker, 'policy' | 'decide'>,
  agent: Pick<Agent, 'id' | 'teams' | 'version'>,
  scopes: readonly string[],
  facts: ContextFacts,
): WeighedScopes {
  const policy = broker.policy.current();
  const context = decisionContext(facts);
  const principal = { id: agent.id, teams: agent.teams };
  const requirements = new Map<string, Requirement>();
  let asking: WeighedScopes['asking'];
  const allowed = scopes.map((id): AllowedScope => {
    const scope = policy.bundle.scopes.get(id);
    const resource = scope && policy.bundle.resources.get(scope.resource);
    if (!scope || !resource) throw unknownScope(id);
    const question = { agent: principal, scope: id, context };
    const decision = broker.decide(policy, agent.version, question);
    if (decision.outcome === 'deny') throw refusalOf(policy, question, decision);
    const { terms, rules } = decision;
    // Enforced operation by operation: its permit mints, and each operation is approved on its own.
    if (decision.outcome === 'require_approval' && !isPerOperation(resource, scope, terms)) {
      asking ??= { question, decision };
      for (const one of terms.approvals) requirements.set(one.rule, one);
    }
    return { scope, resource, terms, rules };
  });
  return {
    policy,
    allowed,
    requirements: [...requirements.values()],
    ...(asking ? { asking } : {}),
  };
}

/** Was at least this much approved: by that rule, by as many, of the very same groups? */
function isApproved(one: Requirement, approved: readonly Requirement[]): boolean {
  const groups = [...one.groups].sort().join();
  return approved.some(
    (it) =>
      it.rule === one.rule && it.count >= one.count && [...it.groups].sort().join() === groups,
  );
}

function unknownScope(id: string) {
  return invalidScope(`There is no scope ${id}.`, {
    how: 'List what you may ask for: GET /v1/scopes (countersign scope list).',
  });
}

/** The shortest time any of the scopes allows, in seconds. */
export function shortestTtl(allowed: readonly AllowedScope[]): number {
  return allowed.reduce(
    (shortest, { scope: { maxTtlSeconds }, terms: { ttlSeconds = maxTtlSeconds } }) =>
      Math.min(shortest, maxTtlSeconds, ttlSeconds),
    Number.POSITIVE_INFINITY,
  );
}
