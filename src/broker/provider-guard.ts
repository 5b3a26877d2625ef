import { type BrokerError, isBrokerError, providerFailed } from '../domain/errors.ts';
import * as answers from './provider-answers.ts';

/** A provider that did not keep to its port. */
export interface Defect {
  readonly provider: string;
  readonly call: string;
  /** What was wrong, and where, without the words of the error: they might hold a secret. */
  readonly what: string;
}

/** Milliseconds that an aborted call gets to end by itself, with a better sentence than ours. */
const GRACE_MS = 250;
const FAILURES = /^provider_/;

const stragglers = new WeakMap<BrokerError, Promise<void>>();

/**
 * Where a call was given up while it was still running: resolves when it ends, if it ever does. What
 * it makes outside may come into being until then.
 */
export function stragglerOf(error: unknown): Promise<void> | undefined {
  return isBrokerError(error) ? stragglers.get(error) : undefined;
}

/** What every call of one provider goes through. */
export class Guard {
  readonly kind: string;
  readonly #onDefect: (defect: Defect) => void;

  constructor(kind: string, onDefect: (defect: Defect) => void) {
    this.kind = kind;
    this.#onDefect = onDefect;
  }

  /** A call that answers at once. */
  readonly now = <T>(call: string, run: () => unknown, read: answers.Reading<T>): T => {
    let answer: unknown;
    try {
      answer = run();
    } catch (error) {
      throw this.#failure(call, error);
    }
    return this.#value(call, answer, read);
  };

  /** A call that answers before its signal is aborted, or soon after. */
  readonly soon = async <T>(
    call: string,
    signal: AbortSignal,
    run: () => unknown,
    read: answers.Reading<T>,
  ): Promise<T> => {
    const running = Promise.resolve().then(run);
    const ending = running.then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    const end = await beforeEnd(ending, signal);
    if (end === 'over') {
      const error = providerFailed(
        'provider_unavailable',
        `The provider ${this.kind} did not answer in time (${call}).`,
      );
      stragglers.set(error, ending.then(ignore));
      throw error;
    }
    if ('error' in end) throw this.#failure(call, end.error);
    return this.#value(call, end.answer, read);
  };

  /** A call whose outcome nobody waits for longer than `ms`. */
  async within(call: string, ms: number, run: () => unknown): Promise<void> {
    const signal = AbortSignal.timeout(ms);
    await this.soon(call, signal, run, answers.nothing).catch(ignore);
  }

  #value<T>(call: string, answer: unknown, read: answers.Reading<T>): T {
    let value: T | undefined;
    try {
      value = read(answer);
    } catch {
      // An answer that throws when it is looked at is no answer.
    }
    if (value !== undefined) return value;
    this.#onDefect({ provider: this.kind, call, what: 'an answer of another shape' });
    throw this.#defective(call);
  }

  #failure(call: string, error: unknown): BrokerError {
    try {
      if (isBrokerError(error) && FAILURES.test(error.code)) return error;
    } catch {
      // Not even its class can be asked for.
    }
    this.#onDefect({ provider: this.kind, call, what: placeOf(error) });
    return this.#defective(call);
  }

  #defective(call: string): BrokerError {
    return providerFailed(
      'provider_misconfigured',
      `The provider ${this.kind} has a defect (${call}); the broker's log says where.`,
    );
  }
}

/** What came of a call, or `over` when its signal was aborted and the grace has passed. */
async function beforeEnd<T>(ending: Promise<T>, signal: AbortSignal): Promise<T | 'over'> {
  let timer: NodeJS.Timeout | undefined;
  let aborted: (() => void) | undefined;
  const over = new Promise<'over'>((resolve) => {
    aborted = () => {
      timer = setTimeout(() => resolve('over'), GRACE_MS);
    };
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
  try {
    return await Promise.race([ending, over]);
  } finally {
    clearTimeout(timer);
    if (aborted) signal.removeEventListener('abort', aborted);
  }
}

function ignore(): void {}

/** Class and stack frames of an error, never its message. */
function placeOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return `threw ${error === null ? 'null' : typeof error}`;
    const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
    return [`threw ${error.constructor.name}`, ...frames.slice(0, 5)].join('\n');
  } catch {
    return 'threw something that cannot be looked at';
  }
}
