import type { Agent, KeySource, ResourceServer } from '../domain/agent.ts';
import { invalidRequest, notFound } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import { reachBeyondAnyone } from '../policy/reach.ts';
import { FREE, leaveToWiden } from './ask-to-widen.ts';
import type { Broker } from './context.ts';
import { digestOf } from './request-approval.ts';
import { sealed } from './record.ts';
import { revoke } from './revoke.ts';

export interface AgentRequest {
  readonly name: string;
  readonly owner: string;
  readonly teams: readonly string[];
  readonly keys: KeySource;
}

/**
 * Registers an agent. One whose teams give it more in a protected environment than any agent has takes an
 * approval first: the request is repeated, as it was, once that is given.
 *
 * @throws invalidRequest | conflict | approvalRequired | approvalUnavailable
 */
export async function registerAgent(
  broker: Broker,
  operator: OperatorPrincipal,
  request: AgentRequest,
): Promise<Agent> {
  const known = broker.policy.current().bundle.teams;
  const unknown = request.teams.find((team) => !known.has(team));
  if (unknown !== undefined) {
    throw invalidRequest(
      `teams: there is no team ${unknown}; teams are listed in agents.yaml of the policy bundle.`,
      'teams',
    );
  }
  refuseBadKeys(broker, request.keys);
  const leave = await leaveToRegister(broker, operator.id, request);
  const id = broker.newId('agent');
  const agent = await broker.agents.insert(
    {
      id,
      name: request.name,
      owner: request.owner,
      teams: [...new Set(request.teams)],
      managedBy: 'api',
      ...request.keys,
    },
    {
      actor: operator.id,
      action: 'agent.created',
      subject: id,
      detail: {
        teams: [...request.teams],
        keys: broker.clientProofs.describe(request.keys),
        ...leave.detail,
        ...(await sealed(broker, id, { name: request.name, owner: request.owner })),
      },
    },
    leave.approvalId,
  );
  return agent;
}

/** What goes on record in clear names nobody: the rest of the request stands under its digest. */
async function leaveToRegister(
  broker: Broker,
  author: string,
  { name, owner, teams, keys }: AgentRequest,
): ReturnType<typeof leaveToWiden> {
  const widens = reachBeyondAnyone(broker.policy.current(), name, teams);
  if (widens.length === 0) return FREE;
  const { digest } = digestOf({ name, owner, teams, keys: broker.clientProofs.describe(keys) });
  return leaveToWiden(broker, author, {
    change: { what: 'agent', teams, request_digest: digest },
    plan: widens.map(({ text }) => text),
  });
}

/** Suspends an agent: ends all it holds and places a stop. @throws notFound */
export async function suspendAgent(
  broker: Broker,
  operator: OperatorPrincipal,
  id: string,
  reason: string,
): Promise<Agent> {
  const agent = await findAgent(broker, id);
  await revoke(broker, { target: { kind: 'agent', id: agent.id }, reason, actor: operator.id });
  return findAgent(broker, agent.id);
}

/** An agent by id, or by name for people. @throws notFound */
export async function findAgent(broker: Pick<Broker, 'agents'>, idOrName: string): Promise<Agent> {
  const agent = (await broker.agents.find(idOrName)) ?? (await broker.agents.findByName(idOrName));
  if (!agent) throw notFound('Agent');
  return agent;
}

/** Registers a resource server. @throws invalidRequest | conflict */
export async function registerResourceServer(
  broker: Broker,
  operator: OperatorPrincipal,
  request: { name: string; audience: string; keys: KeySource },
): Promise<ResourceServer> {
  refuseBadKeys(broker, request.keys);
  if (request.audience === broker.issuer) {
    throw invalidRequest('audience: this is the broker itself.', 'audience');
  }
  const id = broker.newId('resourceServer');
  return broker.resourceServers.insert(
    { id, name: request.name, audience: request.audience, ...request.keys },
    {
      actor: operator.id,
      action: 'resource_server.created',
      subject: id,
      detail: {
        name: request.name,
        audience: request.audience,
        keys: broker.clientProofs.describe(request.keys),
      },
    },
  );
}

/** @throws invalidRequest naming what is wrong with keys somebody wants to register */
export function refuseBadKeys(broker: Pick<Broker, 'clientProofs'>, keys: KeySource): void {
  const problem = broker.clientProofs.problemOf(keys);
  if (problem !== undefined) throw invalidRequest(problem, keys.jwks ? 'jwks' : 'jwks_uri');
}
