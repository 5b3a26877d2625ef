import { providerFailed } from '../../../domain/errors.ts';

/** Of one resource at the same time: a clone copies files and forces checkpoints, a comparison sorts. */
const AT_ONCE = 2;

interface Waiting {
  readonly start: () => void;
}

/**
 * Heavy work takes turns, one line per resource: first come, first served, a few at a time, until their
 * own signal says that they have waited long enough.
 */
export class Turns {
  readonly #busy = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting[]>();

  async run<T>(resource: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(resource, signal);
    try {
      return await work();
    } finally {
      this.#leave(resource);
    }
  }

  #enter(resource: string, signal: AbortSignal): Promise<void> {
    const busy = this.#busy.get(resource) ?? 0;
    if (busy < AT_ONCE) {
      this.#busy.set(resource, busy + 1);
      return Promise.resolve();
    }
    const line = this.#waiting.get(resource) ?? [];
    this.#waiting.set(resource, line);
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        line.splice(line.indexOf(entry), 1);
        reject(tooMany());
      };
      const entry = {
        start: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      line.push(entry);
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** The place goes to the next in line, or is free. */
  #leave(resource: string): void {
    const next = this.#waiting.get(resource)?.shift();
    if (next) {
      next.start();
      return;
    }
    this.#waiting.delete(resource);
    const busy = (this.#busy.get(resource) ?? 1) - 1;
    if (busy > 0) this.#busy.set(resource, busy);
    else this.#busy.delete(resource);
  }
}

function tooMany(): Error {
  return providerFailed(
    'provider_throttled',
    'Too many sandboxes are being made or compared on this server at once. Try again shortly.',
  );
}
