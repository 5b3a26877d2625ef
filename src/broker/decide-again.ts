import { agentSuspended, ended, notFound } from '../domain/errors.ts';
import { isLive } from '../domain/task.ts';
import type { GrantOfTask } from '../ports/tasks.ts';
import type { Broker } from './context.ts';
import { type AllowedScope, decideScopes } from './decide-scopes.ts';
import { taskFacts } from './task-facts.ts';

/**
 * The active policy's answer for a scope of a grant that was made earlier: facts and rules may have
 * changed since.
 *
 * @throws accessDenied and the other refusals; ended for a task or grant that is over
 */
export async function decideAgain(
  broker: Broker,
  { grant, task }: GrantOfTask,
  scope: string,
): Promise<AllowedScope & { readonly bundleVersion: number }> {
  const now = broker.clock.now();
  const agent = await broker.directory.agent(grant.agentId);
  if (!isLive(task, now)) throw ended('task');
  if (grant.endedAt !== undefined || grant.expiresAt <= now) throw ended('grant');
  if (agent?.state !== 'active') throw agentSuspended();
  const { allowed, policy } = decideScopes(
    broker,
    agent,
    [scope],
    taskFacts(task, now),
    grant.approval?.requirements,
  );
  const [answer] = allowed;
  if (!answer) throw notFound('Scope');
  return { ...answer, bundleVersion: policy.version };
}
