import type { Client } from '../sdk/client.ts';

/** Lists filter by id; people remember names. Looks an agent up by its name where it isn't an id. */
export async function agentIdOf(
  client: Client,
  agent: string | undefined,
): Promise<string | undefined> {
  if (agent === undefined || agent.startsWith('agt_')) return agent;
  return (await client.call('getAgent', { params: { id: agent } })).id;
}
