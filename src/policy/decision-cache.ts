import type { Decision } from '../domain/decision.ts';
import type { DecisionRequest, Policy } from './policy.ts';

const LONGEST_MS = 1_000;

export interface DecisionCacheOptions {
  /** Milliseconds, any origin. */
  readonly now: () => number;
  /** Entries held; the least recently used leave first. */
  readonly entries?: number;
  /** Milliseconds an entry may serve, at most 1,000. */
  readonly maxAgeMs?: number;
  /** `false`: every question is decided anew. */
  readonly enabled?: boolean;
}

/**
 * Remembers decisions for at most a second, keyed by bundle version, agent, agent version, scope,
 * action and every fact that a rule in question reads. The revocation feed calls {@link drop}.
 */
export class DecisionCache {
  readonly #held = new Map<string, { at: number; decision: Decision }>();
  readonly #now: () => number;
  readonly #entries: number;
  readonly #maxAgeMs: number;
  readonly #enabled: boolean;
  #policy: Policy | undefined;

  constructor({
    now,
    entries = 10_000,
    maxAgeMs = LONGEST_MS,
    enabled = true,
  }: DecisionCacheOptions) {
    this.#now = now;
    this.#entries = entries;
    this.#maxAgeMs = Math.min(maxAgeMs, LONGEST_MS);
    this.#enabled = enabled;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Forgets everything: something was revoked, suspended, stopped or activated. */
  drop(): void {
    this.#held.clear();
  }

  /** `policy.decide(request)`, from memory where that is sound. `agentVersion` grows with each change of the agent. */
  decide(policy: Policy, request: DecisionRequest, agentVersion: number): Decision {
    if (!this.#enabled) return policy.decide(request);
    if (this.#policy !== policy) {
      // Two policies may carry one version number (0 for those not stored): never mix them.
      this.drop();
      this.#policy = policy;
    }
    const facts = policy.factsKey(request);
    if (facts === undefined) return policy.decide(request);
    const key = `${policy.version}|${agentVersion}|${facts}`;
    const now = this.#now();
    const held = this.#held.get(key);
    if (held) this.#held.delete(key);
    // A clock that went backwards makes the age unknown: decide again.
    const age = held ? now - held.at : -1;
    const fresh = held && age >= 0 && age < this.#maxAgeMs ? held : undefined;
    const entry = fresh ?? { at: now, decision: policy.decide(request) };
    this.#held.set(key, entry);
    if (this.#held.size > this.#entries) this.#evictOldest();
    return entry.decision;
  }

  #evictOldest(): void {
    for (const key of this.#held.keys()) {
      this.#held.delete(key);
      return;
    }
  }
}
