import { providerFailed } from '../../domain/errors.ts';
import type { RevokeRequest, RevokeResult } from '../../ports/provider.ts';
import { type AdminSession, pause } from './connections.ts';
import type { Parts } from './parts.ts';
import { endSessions, type LeaseIdentity } from './sessions.ts';

/** A login that was under way when NOLOGIN was committed is in sight by then. */
const QUIET_MS = 1_000;
const END_WITHIN_MS = 10_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/** Counts the sessions of one lease down to zero and keeps the time of the first zero. */
export class Death {
  readonly #parts: Parts;
  readonly #request: RevokeRequest;
  readonly #begun: number;
  readonly #pids = new Set<number>();
  #zeroAt: number | undefined;

  constructor(parts: Parts, request: RevokeRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#begun = parts.monotonicMs();
  }

  seen(pids: readonly number[]): void {
    for (const pid of pids) this.#pids.add(pid);
  }

  /** Ends sessions until none is left. */
  async firstZero(session: AdminSession, lease: LeaseIdentity): Promise<void> {
    const deadline = this.#parts.monotonicMs() + END_WITHIN_MS;
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      const pids = await endSessions(session, lease);
      this.seen(pids);
      if (pids.length === 0) break;
      if (this.#parts.monotonicMs() > deadline) throw stillAlive(pids.length);
      await pause(wait, this.#request.signal);
    }
    this.zero();
  }

  /** A count, begun after NOLOGIN was committed, was zero just now. */
  zero(): void {
    this.#zeroAt = this.#parts.monotonicMs();
    this.#request.onFirstZero?.(this.#zeroAt - this.#begun);
  }

  /** Waits until the second count may be made: a second or more after the first zero. */
  async quiet(): Promise<void> {
    for (;;) {
      const left = (this.#zeroAt ?? this.#begun) + QUIET_MS - this.#parts.monotonicMs();
      // The timer may fire a little early by the other clock.
      if (left <= 0) return;
      await pause(Math.ceil(left) + 1, this.#request.signal);
    }
  }

  /** Waits until a second count, a second or more after the first zero, is zero as well. */
  async secondZero(lease: LeaseIdentity): Promise<void> {
    const { connections } = this.#parts;
    do await this.quiet();
    while (!(await connections.use(this.#request, (session) => this.#isQuiet(session, lease))));
  }

  async #isQuiet(session: AdminSession, lease: LeaseIdentity): Promise<boolean> {
    const pids = await endSessions(session, lease);
    if (pids.length === 0) return true;
    this.seen(pids);
    await this.firstZero(session, lease);
    return false;
  }

  result(): RevokeResult {
    const zeroAt = this.#zeroAt ?? this.#parts.monotonicMs();
    return { msToFirstZero: zeroAt - this.#begun, sessionsSeen: this.#pids.size };
  }
}

export function stillAlive(sessions: number): Error {
  return providerFailed(
    'provider_unavailable',
    `${sessions} session(s) of this lease have not ended yet. It is tried again.`,
  );
}
