import { CountersignError } from '../../src/sdk/error.ts';

const COUNTED = [
  'tasks',
  'mints',
  'leases',
  'renewals',
  'logins',
  'revocations asked',
  'faults',
  'kills',
] as const;
type Counted = (typeof COUNTED)[number];

/** Codes that send somebody to mend something. */
const BLAMING = new Set(['provider_misconfigured', 'internal']);

/** Counts of a day: what was done, and how the brokers refused. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly refusals = new Map<string, number>();
  /** Refusals that name somebody who must mend something, where only a line had failed. */
  readonly blamed = new Set<string>();

  add(what: Counted): void {
    this.#counts.set(what, this.of(what) + 1);
  }

  of(what: Counted): number {
    return this.#counts.get(what) ?? 0;
  }

  /** What a call gives, or nothing where a broker refused it or is away. @throws everything else */
  async attempt<T>(call: () => Promise<T>, done?: Counted): Promise<T | undefined> {
    try {
      const answer = await call();
      if (done) this.add(done);
      return answer;
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      this.refusals.set(error.code, (this.refusals.get(error.code) ?? 0) + 1);
      if (BLAMING.has(error.code)) this.blamed.add(error.detail);
      return undefined;
    }
  }

  text(): string {
    return COUNTED.map((what) => `${this.of(what)} ${what}`).join(', ');
  }
}
