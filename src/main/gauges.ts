import type { Broker } from '../broker/context.ts';
import type { Metrics } from '../platform/metrics.ts';
import { leftAloneOutside, overdueSeconds } from './readiness.ts';

/** What is read at every scrape. */
export function addGauges(metrics: Metrics, broker: Broker): void {
  const { queue, clock } = broker;
  metrics.gauge('leases_overdue', 'Leases that could not be revoked yet.', async () =>
    (await queue.overdue()).reduce((sum, { count }) => sum + count, 0),
  );
  metrics.gauge(
    'leases_overdue_oldest_seconds',
    'For how long the oldest of them is overdue.',
    async () => overdueSeconds(await queue.overdue(), clock.now()) ?? 0,
  );
  metrics.gauge(
    'names_left_alone',
    'Names with our marker at resources that belong to no lease known here.',
    () => leftAloneOutside(broker),
  );
  metrics.gauge(
    'feed_age_seconds',
    'Age of the revocation feed.',
    () => broker.feed.ageMs() / 1000,
  );
}
