import type { Clock } from '../ports/clock.ts';
import type { Room } from '../ports/leases.ts';

/**
 * Leases revoked at the same time by this process. Each takes a little over a second, nearly all of it
 * waiting for the second count of zero: this bounds how many are ended a second, and what is left of
 * processor and store for those who ask for something meanwhile.
 */
const AT_ONCE = 400;
/** Of one resource: more would only queue for its few admin connections. */
const OF_ONE_RESOURCE = 32;
/** Failures in a row after which a resource counts as not answering. */
const TROUBLE_AFTER = 3;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

interface Trouble {
  failures: number;
  /** By the monotonic clock. */
  until: number;
}

/**
 * Who may go next: so many at once, so many of one resource, and of a resource that does not answer a
 * single one from time to time, until one succeeds.
 */
export class RevocationPace {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #busy = new Map<string, number>();
  readonly #trouble = new Map<string, Trouble>();
  #total = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Leases under way. */
  get total(): number {
    return this.#total;
  }

  room(): Room {
    const at = new Map<string, number>();
    for (const resource of new Set([...this.#busy.keys(), ...this.#trouble.keys()])) {
      const most = this.#mostOf(resource);
      at.set(resource, Math.max(0, most - (this.#busy.get(resource) ?? 0)));
    }
    return { limit: AT_ONCE - this.#total, each: OF_ONE_RESOURCE, at };
  }

  #mostOf(resource: string): number {
    const trouble = this.#trouble.get(resource);
    if (!trouble || trouble.failures < TROUBLE_AFTER) return OF_ONE_RESOURCE;
    return trouble.until > this.#clock.monotonic() ? 0 : 1;
  }

  begin(resource: string): void {
    this.#total += 1;
    this.#busy.set(resource, (this.#busy.get(resource) ?? 0) + 1);
  }

  /** @returns whether the resource counts as not answering now */
  end(resource: string, succeeded: boolean): boolean {
    this.#total -= 1;
    const left = (this.#busy.get(resource) ?? 1) - 1;
    if (left > 0) this.#busy.set(resource, left);
    else this.#busy.delete(resource);
    if (succeeded) {
      this.#trouble.delete(resource);
      return false;
    }
    const now = this.#clock.monotonic();
    const known = this.#trouble.get(resource);
    // Those that were under way when it began say nothing new.
    if (known && known.until > now) return true;
    const failures = (known?.failures ?? 0) + 1;
    const over = failures - TROUBLE_AFTER;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(over, 10));
    const until = over < 0 ? now : now + pause * (0.75 + Math.random() / 2);
    this.#trouble.set(resource, { failures, until });
    return over >= 0;
  }
}
