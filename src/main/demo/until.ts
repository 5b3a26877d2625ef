import { setTimeout as delay } from 'node:timers/promises';
import { FactFailed } from './check.ts';

/**
 * Looks until it is so.
 * @param seconds how long to go on
 * @throws FactFailed that names the fact
 */
export async function until<T>(
  fact: string,
  look: () => Promise<T>,
  seconds = 10,
): Promise<NonNullable<T>> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new FactFailed(fact, `not within ${seconds} s`);
    await delay(20);
  }
}
