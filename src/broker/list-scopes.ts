import { agentSuspended } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import { decisionContext } from '../policy/context.ts';
import { whatMayI } from '../policy/what-may-i.ts';
import type { Broker } from './context.ts';
import { taskFacts } from './task-facts.ts';

export interface ScopeOffer {
  readonly scope: Scope;
  readonly resource: Resource;
  /** What an agent would get; absent for operators, who see definitions. */
  readonly terms?: {
    readonly decision: 'allow' | 'deny' | 'require_approval';
    readonly rules: readonly string[];
    readonly ttlSeconds?: number;
    readonly leases?: number;
  };
}

/**
 * What may I ask for, and on what terms. For an agent: each scope decided with the facts of its
 * token's task; for an operator: the definitions of the active bundle.
 */
export async function listScopes(broker: Broker, principal: Principal): Promise<ScopeOffer[]> {
  const policy = broker.policy.current();
  const resourceOf = (scope: Scope) => policy.bundle.resources.get(scope.resource);
  if (principal.type !== 'agent') {
    return [...policy.bundle.scopes.values()].flatMap((scope) => {
      const resource = resourceOf(scope);
      return resource ? [{ scope, resource }] : [];
    });
  }
  const agent = await broker.directory.agent(principal.id);
  if (!agent) throw agentSuspended();
  const task = principal.token.taskId && (await broker.tasks.find(principal.token.taskId));
  const now = broker.clock.now();
  const context = decisionContext(task ? taskFacts(task, now) : { now });
  const asker = { id: agent.id, teams: agent.teams };
  return whatMayI(policy, asker, context).flatMap(({ scope, decision, ttlSeconds }) => {
    const resource = resourceOf(scope);
    if (!resource) return [];
    const offered = decision.outcome === 'deny' ? {} : { leases: decision.terms.leases };
    return [
      {
        scope,
        resource,
        terms: {
          decision: decision.outcome,
          rules: decision.rules,
          ...offered,
          ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
        },
      },
    ];
  });
}
