import { providerFailed } from '../../domain/errors.ts';
import type { VaultSession } from '../../ports/vault.ts';
import { findOwned, type Owned } from './marked.ts';

/** Milliseconds that one search may take: a company's Vault may have a hundred thousand tokens. */
const LONGEST_MS = 600_000;
/** Leases whose first question is remembered; each is forgotten with its answer. */
const MOST_ASKED = 10_000;

interface Search {
  readonly startedAt: number;
  readonly owned: readonly Owned[];
}

/**
 * Looks for the tokens of leases without a record. Vault cannot be searched: every token is looked at. So one
 * search answers all who asked before it began, and goes on when an attempt that waits for it is given up;
 * the next attempt finds its result.
 */
export class TokenSearch {
  readonly #look: (signal: AbortSignal) => Promise<Owned[]>;
  readonly #monotonicMs: () => number;
  readonly #askedAt = new Map<string, number>();
  #running: Promise<void> | undefined;
  #last: Search | undefined;

  constructor(session: VaultSession, isOurs: (name: string) => boolean, monotonicMs: () => number) {
    this.#look = (signal) => findOwned(session, isOurs, signal);
    this.#monotonicMs = monotonicMs;
  }

  /** @throws provider_unavailable when the signal ends before the search, or what ended the search */
  async find(name: string, signal: AbortSignal): Promise<readonly Owned[]> {
    if (this.#askedAt.size > MOST_ASKED) this.#askedAt.clear();
    const askedAt = this.#askedAt.get(name) ?? this.#monotonicMs();
    this.#askedAt.set(name, askedAt);
    for (;;) {
      const last = this.#last;
      if (last && last.startedAt >= askedAt) {
        this.#askedAt.delete(name);
        return last.owned.filter((one) => one.name === name);
      }
      this.#running ??= this.#search();
      await unlessEnded(this.#running, signal);
    }
  }

  async #search(): Promise<void> {
    const startedAt = this.#monotonicMs();
    try {
      const owned = await this.#look(AbortSignal.timeout(LONGEST_MS));
      this.#last = { startedAt, owned };
    } finally {
      this.#running = undefined;
    }
  }
}

function unlessEnded(running: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () =>
      reject(
        providerFailed(
          'provider_unavailable',
          'The tokens of Vault are still being looked through for this lease. It is looked at again.',
        ),
      );
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
