import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Prometheus metrics: counts of outcomes, and gauges that are asked for when scraped. */
export interface Metrics {
  count(name: string, outcome: string): void;
  /** Adds a gauge whose value is read at every scrape. */
  gauge(name: string, help: string, read: () => Promise<number> | number): void;
  scrape(): Promise<{ contentType: string; body: string }>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const outcomes = new Counter({
    name: 'countersign_outcomes_total',
    help: 'What was asked for and how it ended.',
    labelNames: ['what', 'outcome'],
    registers: [registry],
  });
  return {
    count: (what, outcome) => outcomes.inc({ what, outcome }),
    gauge: (name, help, read) => {
      const gauge = new Gauge({
        name: `countersign_${name}`,
        help,
        registers: [],
        async collect() {
          // A gauge that cannot be read is left out: a stale figure would mislead.
          try {
            this.set(await read());
          } catch {
            this.remove();
          }
        },
      });
      registry.registerMetric(gauge);
    },
    scrape: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
