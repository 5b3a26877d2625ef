import type { Broker } from '../broker/context.ts';
import { reconcileResource } from '../broker/reconcile-resource.ts';
import type { Job } from './schedule.ts';

/** Milliseconds between two rounds of one resource; sooner where leases were missed, or it failed. */
const EVERY_MS = 600_000;
const SECOND_LOOK_MS = 30_000;
const RETRY_MS = 60_000;
/** Milliseconds of work in one run: the rest of the interval belongs to others. */
const SLICE_MS = 250;

interface Round {
  readonly resource: string;
  readonly steps: ReturnType<typeof reconcileResource>;
}

/**
 * Compares one resource after the other with the leases, a slice at a time. A round that fails is
 * reported and taken up again when its time comes.
 */
export function reconcileJob(
  broker: Broker,
  everyMs: number,
  onAlarm: (resource: string, error: unknown) => void,
): Job {
  const dueAt = new Map<string, number>();
  const missed = new Map<string, ReadonlySet<string>>();
  let round: Round | undefined;

  function nextRound(): Round | undefined {
    if (broker.policy.version() === undefined) return undefined;
    const now = broker.clock.monotonic();
    for (const [name, resource] of broker.policy.current().bundle.resources) {
      if ((dueAt.get(name) ?? 0) > now || !broker.providers.get(resource.kind)?.listOwned) continue;
      const steps = reconcileResource(broker, resource, missed.get(name) ?? new Set());
      return { resource: name, steps };
    }
    return undefined;
  }

  async function step(current: Round): Promise<void> {
    const { resource, steps } = current;
    try {
      const { done, value } = await steps.next();
      if (!done) return;
      missed.set(resource, value.missed);
      plan(resource, value.missed.size > 0 ? SECOND_LOOK_MS : EVERY_MS);
    } catch (error) {
      onAlarm(resource, error);
      plan(resource, RETRY_MS);
    }
  }

  function plan(resource: string, inMs: number): void {
    dueAt.set(resource, broker.clock.monotonic() + inMs);
    round = undefined;
  }

  return {
    name: 'reconcile',
    everyMs,
    run: async () => {
      const end = broker.clock.monotonic() + SLICE_MS;
      while (broker.clock.monotonic() < end) {
        round ??= nextRound();
        if (!round) return;
        await step(round);
      }
    },
  };
}
