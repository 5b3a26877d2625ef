import type { Broker } from '../../broker/context.ts';
import { resumeAgent } from '../../broker/lift-stop.ts';
import {
  findAgent,
  registerAgent,
  registerResourceServer,
  suspendAgent,
} from '../../broker/manage-agents.ts';
import { removeClientSecret, setClientSecret } from '../../broker/manage-client-secrets.ts';
import { setAgentKeys } from '../../broker/set-agent-keys.ts';
import type { Agent, KeySource } from '../../domain/agent.ts';
import type { Handlers } from '../handler.ts';
import { before, paged } from '../page.ts';
import * as present from '../present.ts';

const show = (broker: Broker, agent: Agent) =>
  present.agent(agent, broker.clientProofs.describe(agent));

function keySource(body: {
  jwks?: { keys: Record<string, unknown>[] } | undefined;
  jwks_uri?: string | undefined;
}): KeySource {
  if (body.jwks_uri !== undefined) return { jwksUri: body.jwks_uri };
  return body.jwks === undefined ? {} : { jwks: body.jwks };
}

export const agentHandlers: Pick<
  Handlers,
  | 'createAgent'
  | 'listAgents'
  | 'getAgent'
  | 'setAgentKeys'
  | 'suspendAgent'
  | 'resumeAgent'
  | 'setAgentSecret'
  | 'removeAgentSecret'
  | 'createResourceServer'
  | 'setResourceServerSecret'
  | 'removeResourceServerSecret'
  | 'listResourceServers'
> = {
  createAgent: async ({ broker, principal, body }) => {
    const { name, owner, teams } = body;
    const request = { name, owner, teams, keys: keySource(body) };
    return show(broker, await registerAgent(broker, principal, request));
  },
  listAgents: async ({ broker, query: { limit, cursor } }) => {
    const rows = await broker.agents.list({ limit: limit + 1, ...before(cursor) });
    return paged(
      rows,
      limit,
      (row) => row.id,
      (row) => show(broker, row),
    );
  },
  getAgent: async ({ broker, params }) => show(broker, await findAgent(broker, params['id'] ?? '')),
  setAgentKeys: async ({ broker, principal, params, body }) =>
    show(broker, await setAgentKeys(broker, principal, params['id'] ?? '', keySource(body))),
  suspendAgent: async ({ broker, principal, params, body }) =>
    show(broker, await suspendAgent(broker, principal, params['id'] ?? '', body.reason)),
  resumeAgent: async ({ broker, principal, params, body }) =>
    show(broker, await resumeAgent(broker, principal, params['id'] ?? '', body.reason)),
  setAgentSecret: async ({ broker, principal, params }) =>
    present.clientSecret(await setClientSecret(broker, principal, 'agent', params['id'] ?? '')),
  removeAgentSecret: ({ broker, principal, params }) =>
    removeClientSecret(broker, principal, 'agent', params['id'] ?? ''),
  setResourceServerSecret: async ({ broker, principal, params }) => {
    const id = params['id'] ?? '';
    return present.clientSecret(await setClientSecret(broker, principal, 'resource_server', id));
  },
  removeResourceServerSecret: ({ broker, principal, params }) =>
    removeClientSecret(broker, principal, 'resource_server', params['id'] ?? ''),
  createResourceServer: async ({ broker, principal, body }) => {
    const { name, audience } = body;
    return present.resourceServer(
      await registerResourceServer(broker, principal, { name, audience, keys: keySource(body) }),
    );
  },
  listResourceServers: async ({ broker, query: { limit, cursor } }) => {
    const rows = await broker.resourceServers.list({ limit: limit + 1, ...before(cursor) });
    return paged(rows, limit, (row) => row.id, present.resourceServer);
  },
};
