import type { Agent } from '../domain/agent.ts';
import type { Approval, JsonObject, Requirement, Vote } from '../domain/approval.ts';
import { isBrokerError } from '../domain/errors.ts';
import { isMet, standingOf } from '../domain/quorum.ts';
import { isLive, type Task } from '../domain/task.ts';
import { decisionContext } from '../policy/context.ts';
import type { Broker } from './context.ts';
import { type WeighedScopes, weighScopes } from './decide-scopes.ts';
import { grantTerms } from './grant-terms.ts';
import { questionOf } from './question.ts';
import { digestOf } from './request-approval.ts';
import { taskFacts } from './task-facts.ts';

/** What a check of an approved grant found: what is decided now, or why the approval is void. */
export type GrantRecheck =
  | {
      readonly task: Task;
      readonly decision: WeighedScopes;
      readonly audience: string;
    }
  | { readonly superseded: string };

/** Members of the object that a grant approval signs. */
interface GrantOperation extends JsonObject {
  readonly task: string;
  readonly scopes: readonly string[];
  readonly audience: string;
}

/**
 * Decides an approved grant again, since the world may have changed: the same scopes under the policy of now
 * must come with exactly the terms that were signed, and whoever signed must still be one who may.
 */
export async function recheckGrant(
  broker: Broker,
  agent: Agent,
  approval: Approval,
  votes: readonly Vote[],
): Promise<GrantRecheck> {
  const checked = await recheckTerms(broker, agent, approval);
  if ('superseded' in checked) return checked;
  if (await isStillMet(broker, agent.owner, approval, votes)) return checked;
  return { superseded: 'who approved it may no longer' };
}

async function recheckTerms(
  broker: Broker,
  agent: Agent,
  approval: Approval,
): Promise<GrantRecheck> {
  const { audience, scopes, task: taskId } = JSON.parse(approval.operation) as GrantOperation;
  const now = broker.clock.now();
  const task = await broker.tasks.find(taskId);
  if (!task || !isLive(task, now)) return { superseded: 'its task has ended' };
  const decision = weighAgain(broker, agent, scopes, task, now);
  if ('superseded' in decision) return decision;
  const { digest } = digestOf(await grantTerms(broker, decision));
  if (digest !== approval.termsDigest)
    return { superseded: 'the terms changed since it was asked' };
  return { task, decision, audience };
}

function weighAgain(
  broker: Broker,
  agent: Agent,
  scopes: readonly string[],
  task: Task,
  now: number,
): WeighedScopes | { readonly superseded: string } {
  try {
    return weighScopes(broker, agent, scopes, taskFacts(task, now));
  } catch (error) {
    if (!isBrokerError(error) || error.code === 'store_unavailable') throw error;
    return { superseded: 'policy no longer allows it' };
  }
}

/**
 * Would policy still ask for exactly this? Checked with every yes, so that nobody signs for what is void; whoever
 * uses the approval checks again.
 *
 * @returns why it is void; undefined where it stands
 */
export async function recheckApproval(
  broker: Broker,
  approval: Approval,
): Promise<string | undefined> {
  if (approval.kind === 'widening') {
    const isSame = approval.bundleVersion === broker.policy.version();
    return isSame ? undefined : 'another policy is active since it was asked';
  }
  const agent = await broker.directory.agent(approval.agentId ?? '');
  if (agent?.state !== 'active') return 'its agent is not active';
  if (approval.kind === 'operation') return recheckOperation(broker, agent, approval);
  const terms = await recheckTerms(broker, agent, approval);
  return 'superseded' in terms ? terms.superseded : undefined;
}

/** Its own terms are checked when it runs; here, that its task lives and the same rules ask for the same persons. */
async function recheckOperation(
  broker: Broker,
  agent: Agent,
  { operation, requirements, taskId = '', card }: Approval,
): Promise<string | undefined> {
  const { scope } = JSON.parse(operation) as { scope: string };
  const now = broker.clock.now();
  const task = await broker.tasks.find(taskId);
  if (!task || !isLive(task, now)) return 'its task has ended';
  const decision = broker.decide(broker.policy.current(), agent.version, {
    agent: { id: agent.id, teams: agent.teams },
    scope,
    action: card.effect,
    context: decisionContext(taskFacts(task, now)),
  });
  if (decision.outcome !== 'require_approval') return 'policy no longer asks for it';
  const asked = digestOf({ requirements: requirementsOf(requirements) }).digest;
  const asks = digestOf({ requirements: requirementsOf(decision.terms.approvals) }).digest;
  return asked === asks ? undefined : 'policy asks other people now';
}

const requirementsOf = (all: readonly Requirement[]) =>
  all.map(({ rule, count, groups }) => ({ rule, count, groups: [...groups] }));

/** Do the signatures still make the quorum, with the roles and groups of now? */
export async function isStillMet(
  broker: Pick<Broker, 'signers'>,
  owner: string | undefined,
  { requirements, authorId }: Approval,
  votes: readonly Vote[],
): Promise<boolean> {
  const signers = await broker.signers();
  const yes = new Set(
    votes.filter(({ decision }) => decision === 'approve').map((vote) => vote.operatorId),
  );
  const question = questionOf(requirements, owner, authorId, signers);
  const signed = signers.filter(({ operatorId }) => yes.has(operatorId));
  return isMet(standingOf(question, signed));
}

/** Ends an approval that the world has overtaken; one that ended otherwise meanwhile stays as it is. */
export async function supersede(
  broker: Pick<Broker, 'approvals'>,
  id: string,
  reason: string,
): Promise<void> {
  await broker.approvals.end(id, 'superseded', reason, {
    actor: 'broker',
    action: 'approval.superseded',
    subject: id,
    detail: { reason },
  });
}
