import { feedStale } from '../domain/errors.ts';
import type { Broker } from './context.ts';

/** Every verb that hands something out calls this first: a broker that hears nothing refuses. */
export function refuseWhenStale(broker: Pick<Broker, 'feed' | 'limits'>): void {
  if (broker.feed.ageMs() > broker.limits.feedMaxAgeMs) throw feedStale();
}
