import type { Caller } from '../assertions.ts';
import type { RequestPlan } from '../load/requests.ts';
import { accessTokens } from '../load/tokens.ts';
import { API_SCOPE, LEASE_SCOPE } from './bundle.ts';
import type { Operator } from './operator.ts';
import type { Broker } from './start.ts';

const OPENING = JSON.stringify([{ type: 'task', purpose: 'measure how fast this is' }]);

/** Token requests for `scope`, each of which opens a task of its own. */
export function mintOpening(broker: Broker, agents: readonly Caller[], scope = LEASE_SCOPE) {
  return tokenPlan(broker, agents, scope, () => OPENING);
}

/** Token requests that continue one task per agent. */
export async function mintContinuing(
  broker: Broker,
  operator: Operator,
  agents: readonly Caller[],
): Promise<RequestPlan> {
  const tasks = new Map<string, string>();
  for (const { id: agent } of agents) {
    const body = { purpose: 'measure how fast this is', agent };
    const { id } = await operator.call<{ id: string }>('POST', '/v1/tasks', body);
    tasks.set(agent, id);
  }
  return tokenPlan(broker, agents, LEASE_SCOPE, ({ id }) =>
    JSON.stringify([{ type: 'task', task_id: tasks.get(id) }]),
  );
}

/** Questions about `count` live tokens by the resource server whose audience they have. */
export async function introspectWork(
  broker: Broker,
  agents: readonly Caller[],
  resourceServer: Caller,
  count: number,
): Promise<RequestPlan> {
  const tokens = await accessTokens(mintOpening(broker, agents, API_SCOPE), count);
  return {
    ...at(broker, '/oauth/introspect'),
    callers: [resourceServer],
    forms: tokens.map((token) => ({ token, token_type_hint: 'access_token' })),
  };
}

function tokenPlan(
  broker: Broker,
  agents: readonly Caller[],
  scope: string,
  details: (agent: Caller) => string,
): RequestPlan {
  return {
    ...at(broker, '/oauth/token'),
    callers: agents,
    forms: agents.map((agent) => ({
      grant_type: 'client_credentials',
      scope,
      authorization_details: details(agent),
    })),
  };
}

function at(broker: Broker, path: string) {
  return { host: broker.host, port: broker.port, path, audience: broker.issuer };
}
