import { isBrokerError } from '../domain/errors.ts';
import type { Grant } from '../domain/grant.ts';
import type { Task } from '../domain/task.ts';
import type { Broker } from './context.ts';
import { decideScopes, shortestTtl } from './decide-scopes.ts';
import { meaningOf } from './grant-terms.ts';
import { revoke } from './revoke.ts';
import { taskFacts } from './task-facts.ts';

const PAGE = 500;

/**
 * After an activation: decides every live grant again under the active bundle, in pages, and ends
 * those that are no longer allowed, run longer than the new terms permit, or whose scopes mean
 * something else now (a live login keeps what it was given). Safe to repeat; a crash
 * leaves the mark behind, and the next broker starts over.
 *
 * @returns how many grants ended
 */
export async function redecideGrants(broker: Broker): Promise<number> {
  const version = broker.policy.version();
  if (version === undefined || (await broker.bundles.redecided()) === version) return 0;
  let ended = 0;
  let after = '';
  for (;;) {
    const page = await broker.grants.livePage(after, PAGE);
    for (const { grant, task } of page) {
      if (await stillAllowed(broker, grant, task)) continue;
      await revoke(broker, {
        target: { kind: 'grant', id: grant.id },
        reason: `no longer allowed by bundle ${version}`,
        actor: 'broker',
      });
      ended += 1;
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last.grant.id;
  }
  await broker.bundles.markRedecided(version);
  return ended;
}

async function stillAllowed(broker: Broker, grant: Grant, task: Task): Promise<boolean> {
  const agent = await broker.directory.agent(grant.agentId);
  if (agent?.state !== 'active') return false;
  try {
    const { allowed } = decideScopes(
      broker,
      agent,
      grant.scopes,
      taskFacts(task, broker.clock.now()),
      grant.approval?.requirements,
    );
    const leases = Math.min(...allowed.map(({ terms }) => terms.leases));
    const withinTime = grant.expiresAt <= grant.createdAt + shortestTtl(allowed) * 1000;
    const audience = allowed[0]?.resource.audience ?? broker.issuer;
    const asBefore = await sameDefinitions(broker, grant);
    return asBefore && withinTime && leases >= grant.leases && audience === grant.audience;
  } catch (error) {
    if (isBrokerError(error) && error.code !== 'store_unavailable') return false;
    throw error;
  }
}

/** Do the grant's scopes mean what they meant when it was made: same system, same rights there? */
async function sameDefinitions(broker: Broker, grant: Grant): Promise<boolean> {
  const then = await broker.policy.past(grant.bundleVersion);
  if (!then) return false;
  const now = broker.policy.current().bundle;
  return grant.scopes.every((id) => meaningOf(then, id) === meaningOf(now, id));
}
