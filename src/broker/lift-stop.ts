import { conflict, notFound } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Stop } from '../domain/stop.ts';
import type { Agent } from '../domain/agent.ts';
import { protectedReach } from '../policy/reach.ts';
import { FREE, leaveToWiden } from './ask-to-widen.ts';
import type { Broker } from './context.ts';
import { findAgent } from './manage-agents.ts';
import { sealed } from './record.ts';

/**
 * Lifts a standing stop; lifting an agent's stop resumes the agent. One that holds anything in a protected
 * environment takes an approval, like whatever else gives something there.
 *
 * @throws notFound | conflict | approvalRequired | approvalUnavailable
 */
export async function liftStop(
  broker: Broker,
  operator: Pick<OperatorPrincipal, 'id'>,
  id: string,
  reason: string,
): Promise<Stop> {
  const stop = await broker.stops.find(id);
  if (!stop) throw notFound('Stop');
  if (stop.liftedAt !== undefined) throw conflict('This stop was lifted already.');
  if ((await broker.restores.open())?.stopId === id) {
    throw conflict('The store was restored. On its host: countersign restore show, then accept.');
  }
  if (stop.kind === 'agent') {
    await resumeAgent(broker, operator, stop.target, reason);
  } else {
    const leave = await leaveToLift(broker, operator.id, stop, reason);
    const words = await sealed(broker, operator.id, { reason });
    const lifted = await broker.stops.lift(
      id,
      { actor: operator.id, reason, approvalId: leave.approvalId },
      {
        actor: operator.id,
        action: 'stop.lifted',
        subject: id,
        detail: { kind: stop.kind, ...leave.detail, ...words },
      },
    );
    if (!lifted) throw conflict('This stop was lifted already.');
    await broker.feed.catchUp();
  }
  const now = await broker.stops.find(id);
  if (!now) throw notFound('Stop');
  return now;
}

/** Resumes an agent and lifts its stop. @throws notFound | approvalRequired | approvalUnavailable */
export async function resumeAgent(
  broker: Broker,
  operator: Pick<OperatorPrincipal, 'id'>,
  id: string,
  reason: string,
): Promise<Agent> {
  const found = await findAgent(broker, id);
  const leave = await leaveToResume(broker, operator.id, found, reason);
  const words = await sealed(broker, operator.id, { reason });
  const by = { actor: operator.id, reason, approvalId: leave.approvalId };
  const agent = await broker.agents.resume(found.id, by, (lifted) => ({
    actor: operator.id,
    action: 'agent.resumed',
    subject: found.id,
    detail: { lifted: [...lifted], ...leave.detail, ...words },
  }));
  if (!agent) throw notFound('Agent');
  await broker.feed.catchUp();
  return agent;
}

/** What stands still under a stop of a resource or of everything, as far as it is protected. */
async function leaveToLift(
  broker: Broker,
  author: string,
  { id, kind, target }: Stop,
  reason: string,
): ReturnType<typeof leaveToWiden> {
  if (broker.policy.version() === undefined) return FREE;
  const { resources, environments } = broker.policy.current().bundle;
  const own = resources.get(target)?.environment;
  const guarded = kind === 'all' ? [...environments.values()] : own ? [own] : [];
  const held = guarded.find((environment) => environment.protected);
  if (!held) return FREE;
  const what = kind === 'all' ? 'everything' : `resource ${target}`;
  return leaveToWiden(broker, author, {
    change: { what: 'stop', stop: id, stopped: kind, target },
    plan: [`the stop of ${what} is lifted: what the policy allows can be had again`],
    environment: held.name,
    words: reason,
  });
}

async function leaveToResume(
  broker: Broker,
  author: string,
  { id, name, teams, state }: Agent,
  reason: string,
): ReturnType<typeof leaveToWiden> {
  if (broker.policy.version() === undefined || state !== 'suspended') return FREE;
  const reach = protectedReach(broker.policy.current(), { id, teams });
  if (reach.length === 0) return FREE;
  return leaveToWiden(broker, author, {
    change: { what: 'stop', agent: id, stopped: 'agent', target: id },
    plan: [`agent ${name} is resumed, and may ask again for ${reach.join(', ')}`],
    words: reason,
  });
}
