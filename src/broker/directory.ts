import type { Agent, ResourceServer } from '../domain/agent.ts';
import { isId } from '../domain/ids.ts';
import type { AgentStore, ResourceServerStore } from '../ports/agents.ts';

const LARGEST = 10_000;

/** Registered clients by id, kept in memory until the feed says that one changed. */
export interface Directory {
  agent(id: string): Promise<Agent | undefined>;
  resourceServer(id: string): Promise<ResourceServer | undefined>;
  forget(id: string): void;
}

export function createDirectory(stores: {
  agents: Pick<AgentStore, 'find'>;
  resourceServers: Pick<ResourceServerStore, 'find'>;
}): Directory {
  const agents = new Map<string, Agent>();
  const servers = new Map<string, ResourceServer>();
  // An event may arrive while a row is being read: what was read before it must not be kept.
  let generation = 0;

  async function load<T>(
    kept: Map<string, T>,
    id: string,
    find: (id: string) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const known = kept.get(id);
    if (known) return known;
    const before = generation;
    const found = await find(id);
    if (found && before === generation) {
      if (kept.size >= LARGEST) kept.delete(kept.keys().next().value ?? '');
      kept.set(id, found);
    }
    return found;
  }

  return {
    agent: async (id) => (isId('agent', id) ? load(agents, id, stores.agents.find) : undefined),
    resourceServer: async (id) =>
      isId('resourceServer', id) ? load(servers, id, stores.resourceServers.find) : undefined,
    forget: (id) => {
      generation += 1;
      agents.delete(id);
      servers.delete(id);
    },
  };
}
