import { useRead } from './query.ts';

const FRESH_MS = 60_000;
const OF_ITSELF: Readonly<Record<string, string>> = {
  opr_host: 'the host',
  broker: 'the broker',
  countersign: 'the broker',
};

/** The names of agents and operators by their ids; of the first hundreds, the others keep their ids. */
export function useNames(): (id: string) => string | undefined {
  const query = { limit: 200 } as const;
  const agents = useRead('listAgents', { query }, { every: FRESH_MS }).data?.items ?? [];
  const operators = useRead('listOperators', { query }, { every: FRESH_MS }).data?.items ?? [];
  const names = new Map([...agents, ...operators].map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? OF_ITSELF[id];
}
