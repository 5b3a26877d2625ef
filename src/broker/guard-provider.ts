import { type BrokerError, isBrokerError, providerFailed } from '../domain/errors.ts';
import type {
  AnyProvider,
  CanListOwned,
  CanProbe,
  CanRenew,
  CanRotateRoot,
  CanWatch,
  RevokeRequest,
  RevokeResult,
} from '../ports/provider.ts';
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
const CLOSE_MS = 5_000;
const NEXT_ROOT_MS = 5_000;
const FAILURES = /^provider_/;

const stragglers = new WeakMap<BrokerError, Promise<void>>();

/**
 * Where a call was given up while it was still running: resolves when it ends, if it ever does. What
 * it makes outside may come into being until then.
 */
export function stragglerOf(error: unknown): Promise<void> | undefined {
  return isBrokerError(error) ? stragglers.get(error) : undefined;
}

/**
 * Puts a guard around every call of every provider. Whatever one does, throwing at once, throwing
 * things that are no errors, never answering, ignoring its signal, answering nonsense, the caller
 * gets a value of the promised shape or a `provider_…` error, soon after its signal was aborted.
 *
 * @param onDefect told of everything a provider that keeps to its port would not do
 */
export function guardProviders(
  providers: ReadonlyMap<string, AnyProvider>,
  onDefect: (defect: Defect) => void,
): ReadonlyMap<string, AnyProvider> {
  return new Map(
    [...providers].map(([kind, one]) => [kind, guarded(one, new Guard(kind, onDefect))]),
  );
}

function guarded(inner: AnyProvider, guard: Guard): AnyProvider {
  const { now, soon } = guard;
  return {
    kind: guard.kind,
    lifetimes: inner.lifetimes,
    revocation: inner.revocation,
    checkScope: (...of) => now('checkScope', () => inner.checkScope(...of), answers.texts),
    statementTimeoutMs: (scope) =>
      now('statementTimeoutMs', () => inner.statementTimeoutMs(scope), answers.milliseconds),
    serverOf: (root) => now('serverOf', () => inner.serverOf(root), answers.text),
    plan: (request) => now('plan', () => inner.plan(request), answers.texts),
    issue: (request) => {
      const run = () => inner.issue(request);
      return soon('issue', request.signal, run, answers.issuedCredential);
    },
    revoke: (request) => guardedRevoke(inner, guard, request),
    close: () => guard.within('close', CLOSE_MS, () => inner.close()),
    ...abilities(inner, guard),
  };
}

async function guardedRevoke(
  inner: AnyProvider,
  { soon }: Guard,
  request: RevokeRequest,
): Promise<RevokeResult> {
  let over = false;
  const onFirstZero = (ms: number) => {
    // Told after the attempt was given up, it is no proof of anything.
    if (!over) request.onFirstZero?.(ms);
  };
  const run = () => inner.revoke({ ...request, onFirstZero });
  try {
    return await soon('revoke', request.signal, run, answers.revokeResult);
  } finally {
    over = true;
  }
}

type Abilities = Partial<CanRenew & CanListOwned & CanProbe & CanWatch & CanRotateRoot>;

function abilities(inner: AnyProvider, { now, soon }: Guard): Abilities {
  const { renew, listOwned, probe, watch } = inner;
  return {
    ...(renew && {
      renew: async (request) => {
        await soon('renew', request.signal, () => renew.call(inner, request), answers.nothing);
      },
    }),
    ...(listOwned && {
      listOwned: (request, page) => {
        const run = () => listOwned.call(inner, request, page);
        return soon('listOwned', request.signal, run, answers.ownedPage(page.limit));
      },
    }),
    ...(probe && {
      probe: (request) =>
        soon('probe', request.signal, () => probe.call(inner, request), answers.probeReport),
    }),
    ...(watch && {
      watch: (request, live) =>
        soon('watch', request.signal, () => watch.call(inner, request, live), answers.watchActions),
    }),
    ...rotating(inner, { now, soon }),
  };
}

function rotating(
  inner: AnyProvider,
  { now, soon }: Pick<Guard, 'now' | 'soon'>,
): Partial<CanRotateRoot> {
  const { nextRoot, rotateRoot, acceptsRoot, loginOf } = inner;
  if (!nextRoot || !rotateRoot || !acceptsRoot || !loginOf) return {};
  return {
    nextRoot: (root) => {
      const run = () => nextRoot.call(inner, root);
      return soon('nextRoot', AbortSignal.timeout(NEXT_ROOT_MS), run, answers.secret);
    },
    rotateRoot: async (request) => {
      const run = () => rotateRoot.call(inner, request);
      await soon('rotateRoot', request.signal, run, answers.nothing);
    },
    acceptsRoot: (request) =>
      soon('acceptsRoot', request.signal, () => acceptsRoot.call(inner, request), answers.flag),
    loginOf: (root) => now('loginOf', () => loginOf.call(inner, root), answers.text),
  };
}

class Guard {
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
