import { useRead } from '../wire/query.ts';

const EVERY_MS = 15_000;

/** What is stopped now. */
export function useStandingStops() {
  const read = useRead('listStops', { query: { limit: 200 } }, { every: EVERY_MS });
  const stops = read.data?.items.filter((stop) => stop.lifted_at === undefined) ?? [];
  return { stops };
}
