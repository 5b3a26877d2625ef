import type { Agent } from '../domain/agent.ts';
import { covers, type Effect } from '../domain/effect.ts';
import type { BlastRadius } from '../domain/operation.ts';
import { accessDenied, agentSuspended, ended, notFound } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import { isLive } from '../domain/task.ts';
import { decisionContext } from '../policy/context.ts';
import type { GrantOfTask } from '../ports/tasks.ts';
import type { Broker } from './context.ts';
import type { AllowedScope } from './decide-scopes.ts';
import { meaningOf } from './grant-terms.ts';
import { refusalOf } from './refusal.ts';
import { taskFacts } from './task-facts.ts';

/** An operation that a rule permits, on these terms. */
export interface PermittedOperation extends AllowedScope {
  readonly agent: Agent;
  readonly bundleVersion: number;
  /** What its scope means, as a text: equal texts mean the same. */
  readonly meaning: string;
}

/** What an operation is decided as: whatever could not be counted is the most dangerous it could be. */
export function actionOf({
  effect,
  radius,
}: {
  readonly effect: Effect;
  readonly radius: Pick<BlastRadius, 'rows'>;
}): Effect {
  return effect === 'write' && radius.rows === null ? 'destroy' : effect;
}

/**
 * The active policy's answer for one operation of a grant, by its own effect. Whether persons must approve it
 * is in the terms.
 *
 * @param why it is decided as it is, for whoever is refused
 * @throws accessDenied; ended | agentSuspended for what is over
 */
export async function decideOperation(
  broker: Broker,
  { grant, task }: GrantOfTask,
  asked: { readonly scope: string; readonly action: Effect; readonly why: readonly string[] },
): Promise<PermittedOperation> {
  const now = broker.clock.now();
  const agent = await broker.directory.agent(grant.agentId);
  if (!isLive(task, now)) throw ended('task');
  if (grant.endedAt !== undefined || grant.expiresAt <= now) throw ended('grant');
  if (agent?.state !== 'active') throw agentSuspended();
  const policy = broker.policy.current();
  const scope = policy.bundle.scopes.get(asked.scope);
  const resource = scope && policy.bundle.resources.get(scope.resource);
  if (!scope || !resource) throw notFound('Scope');
  if (!covers(scope.effect, asked.action))
    throw beyond(scope, asked, [...resource.scopes.values()]);
  const question = {
    agent: { id: agent.id, teams: agent.teams },
    scope: scope.id,
    action: asked.action,
    context: decisionContext(taskFacts(task, now)),
  };
  const decision = broker.decide(policy, agent.version, question);
  if (decision.outcome === 'deny') throw refusalOf(policy, question, decision);
  const { terms, rules } = decision;
  const meaning = meaningOf(policy.bundle, scope.id);
  return { scope, resource, terms, rules, agent, meaning, bundleVersion: policy.version };
}

function beyond(
  scope: Scope,
  { action, why }: { readonly action: Effect; readonly why: readonly string[] },
  others: readonly Scope[],
) {
  const reasons = why.length > 0 ? ` ${why.slice(0, 3).join(' ')}` : '';
  return accessDenied(
    `This statement counts as ${action}, which ${scope.id} does not cover.${reasons}`,
    {
      alternatives: others.filter((one) => covers(one.effect, action)).map(({ id }) => id),
      how: 'Change rows of one table by a WHERE made of its columns and of functions that are built in, or ask for a scope that covers more.',
    },
  );
}
