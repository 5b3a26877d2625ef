import type { Agent } from '../domain/agent.ts';
import type { Decision, Terms } from '../domain/decision.ts';
import { invalidScope } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import { type ContextFacts, decisionContext } from '../policy/context.ts';
import type { Policy } from '../policy/policy.ts';
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

/**
 * Decides every scope of a request; all or none.
 *
 * @throws invalidScope for one the bundle does not define; accessDenied or approvalUnavailable with
 *   the hint for the first that is not allowed
 */
export function decideScopes(
  broker: Pick<Broker, 'policy' | 'decide'>,
  agent: Pick<Agent, 'id' | 'teams' | 'version'>,
  scopes: readonly string[],
  facts: ContextFacts,
): ScopesDecision {
  const policy = broker.policy.current();
  const context = decisionContext(facts);
  const principal = { id: agent.id, teams: agent.teams };
  const allowed = scopes.map((id): AllowedScope => {
    const scope = policy.bundle.scopes.get(id);
    const resource = scope && policy.bundle.resources.get(scope.resource);
    if (!scope || !resource) throw unknownScope(id);
    const question = { agent: principal, scope: id, context };
    const decision: Decision = broker.decide(policy, agent.version, question);
    if (decision.outcome !== 'allow') throw refusalOf(policy, question, decision);
    return { scope, resource, terms: decision.terms, rules: decision.rules };
  });
  return { policy, allowed };
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
