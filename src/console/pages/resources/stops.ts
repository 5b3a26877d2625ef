import type { Stop } from '../../../contract/schemas/operate.ts';
import { useStandingStops } from '../../stop/stops.ts';

/** Standing stops of resources by name; one on everything is shown above every page. */
export function useStopsByResource(): ReadonlyMap<string, Stop> {
  const { stops } = useStandingStops();
  return new Map(
    stops.flatMap((stop) =>
      stop.kind === 'resource' && stop.target !== undefined ? [[stop.target, stop] as const] : [],
    ),
  );
}
