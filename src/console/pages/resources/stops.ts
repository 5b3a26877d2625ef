import { useMemo } from 'react';
import type { Stop } from '../../../contract/schemas/operate.ts';
import { useRead } from '../../wire/query.ts';

/** Standing stops of resources by name; one on everything is shown above every page. */
export function useStopsByResource(): ReadonlyMap<string, Stop> {
  const stops = useRead('listStops', { query: { limit: 200 } });
  return useMemo(() => {
    const standing = (stops.data?.items ?? []).filter((stop) => stop.lifted_at === undefined);
    return new Map(
      standing.flatMap((stop) =>
        stop.kind === 'resource' && stop.target !== undefined ? [[stop.target, stop] as const] : [],
      ),
    );
  }, [stops.data]);
}
