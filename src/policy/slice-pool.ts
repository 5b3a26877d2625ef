import { cedarGeneration, withCedar } from './cedar/engine.ts';
import type { Slice } from './slice.ts';

/** A slice that Cedar holds ready under `name`. */
export interface PreparedSlice {
  readonly slice: Slice;
  readonly name: string;
}

interface Limits {
  /** Slices held at once. */
  readonly slices: number;
  /** Rules in all of them together: about 2 KB of WebAssembly memory each. */
  readonly rules: number;
}

/**
 * Slices that Cedar holds prepared, least recently used leave first. Cedar cannot free a prepared
 * set, but preparing another one under the same name replaces it: so names are reused, and their
 * number never passes the limit.
 */
export class SlicePool {
  readonly #prefix: string;
  readonly #limits: Limits;
  readonly #held = new Map<string, PreparedSlice>();
  #free: string[] = [];
  #named = 0;
  #rules = 0;
  #generation = cedarGeneration();

  constructor(prefix: string, limits: Limits) {
    this.#prefix = prefix;
    this.#limits = limits;
  }

  get size(): number {
    return this.#held.size;
  }

  /**
   * The prepared slice under `key`, cut and prepared now if it is not held.
   * @throws when Cedar refuses the text, which a validated bundle rules out
   */
  get(key: string, cut: () => Slice): PreparedSlice {
    if (this.#generation !== cedarGeneration()) this.#forget();
    const held = this.#held.get(key);
    if (held) {
      this.#held.delete(key);
      this.#held.set(key, held);
      return held;
    }
    return this.#prepare(key, cut());
  }

  #prepare(key: string, slice: Slice): PreparedSlice {
    while (this.#isFull(slice.rules.length)) this.#evictOldest();
    const name = this.#free.pop() ?? `${this.#prefix}${this.#named++}`;
    const answer = withCedar((cedar) =>
      cedar.preparsePolicySet(name, { staticPolicies: slice.text }),
    );
    if (answer.type === 'failure') {
      this.#free.push(name);
      throw new Error(answer.errors[0]?.message ?? 'Cedar refused a slice');
    }
    const prepared = { slice, name };
    this.#held.set(key, prepared);
    this.#rules += slice.rules.length;
    return prepared;
  }

  #isFull(coming: number): boolean {
    if (this.#held.size === 0) return false;
    return this.#held.size >= this.#limits.slices || this.#rules + coming > this.#limits.rules;
  }

  #evictOldest(): void {
    for (const [key, { name, slice }] of this.#held) {
      this.#held.delete(key);
      this.#free.push(name);
      this.#rules -= slice.rules.length;
      return;
    }
  }

  #forget(): void {
    this.#generation = cedarGeneration();
    this.#held.clear();
    this.#free = [];
    this.#named = 0;
    this.#rules = 0;
  }
}

/** For the active bundle: roomy, so that warmed agents stay warm. */
export const DECIDING_POOL = new SlicePool('deciding-', { slices: 1_024, rules: 16_384 });

/** For checks, diffs and explanations, which must not push warmed slices out. */
export const CHECKING_POOL = new SlicePool('checking-', { slices: 64, rules: 16_384 });
