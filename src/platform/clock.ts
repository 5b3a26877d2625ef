import type { Clock } from '../ports/clock.ts';

export interface StoreClock extends Clock {
  /**
   * Takes over the database's time.
   * @param storeMs Unix milliseconds, read from the database just now
   */
  sync(storeMs: number): void;
}

/**
 * A clock that follows the database's and runs on a monotonic one between two looks at it, so that a
 * step of this machine's clock changes nothing. When the database's clock is set back it stands still
 * until that time comes again: nothing that expired comes back to life.
 */
export function createStoreClock(
  sources: { readonly wallMs: () => number; readonly monotonicMs: () => number } = {
    wallMs: Date.now,
    monotonicMs: () => performance.now(),
  },
): StoreClock {
  const { wallMs, monotonicMs } = sources;
  let offset = wallMs() - monotonicMs();
  let last = 0;
  return {
    now() {
      last = Math.max(last, Math.floor(monotonicMs() + offset));
      return last;
    },
    monotonic: monotonicMs,
    sync(storeMs) {
      offset = storeMs - monotonicMs();
    },
  };
}
