import type { Decision } from '../domain/decision.ts';
import { covers, type Effect } from '../domain/effect.ts';
import type { Scope } from '../domain/scope.ts';
import type { Bundle } from './bundle.ts';
import { type DecisionContext, pickFacts } from './context.ts';
import { evaluate } from './evaluate.ts';
import { type Question, RuleIndex } from './rule-index.ts';
import { cutSlice, type Slice } from './slice.ts';
import { DECIDING_POOL, type PreparedSlice, type SlicePool } from './slice-pool.ts';

/** One question to the policy. */
export interface DecisionRequest {
  /** Facts from the store, never from the request. */
  readonly agent: { readonly id: string; readonly teams: readonly string[] };
  /** Scope id, `orders-db:read`. */
  readonly scope: string;
  /** Effect of the operation at use; absent: the scope's own effect, as at mint. */
  readonly action?: Effect;
  readonly context: DecisionContext;
}

let compiled = 0;

/** A bundle ready to decide. Same question, same answer: it reads no clock and keeps no state. */
export class Policy {
  readonly bundle: Bundle;
  /** Version of the bundle, which every decision carries. */
  readonly version: number;
  readonly #index: RuleIndex;
  readonly #pool: SlicePool;
  readonly #serial = ++compiled;

  constructor(bundle: Bundle, version: number, pool: SlicePool) {
    this.bundle = bundle;
    this.version = version;
    this.#index = new RuleIndex(bundle);
    this.#pool = pool;
  }

  /** Decides; an outcome is a value, and nothing is thrown. */
  decide(request: DecisionRequest): Decision {
    const { version } = this;
    const asked = this.#read(request);
    if (asked === 'unknown_scope' || asked === 'no_rule') {
      return { outcome: 'deny', reason: asked, bundleVersion: version, rules: [], errors: [] };
    }
    try {
      return evaluate(this.#prepared(asked), request.agent.id, asked, request.context, version);
    } catch (cause) {
      const errors = [cause instanceof Error ? cause.message : 'Cedar failed'];
      return { outcome: 'deny', reason: 'policy_error', bundleVersion: version, rules: [], errors };
    }
  }

  /** The rules that can match, uncompiled; `undefined` where none is even asked. */
  sliceFor(request: DecisionRequest): Slice | undefined {
    const asked = this.#read(request);
    if (typeof asked === 'string') return undefined;
    return cutSlice(this.bundle, this.#index, asked);
  }

  /**
   * Everything the answer depends on, as text: scope, action, agent, teams and each fact that a rule
   * of the slice reads. Equal keys mean equal decisions of this policy.
   * @returns `undefined` where Cedar failed, so that nothing is remembered
   */
  factsKey(request: DecisionRequest): string | undefined {
    const { agent, scope, action } = request;
    const asked = this.#read(request);
    if (typeof asked === 'string') return JSON.stringify([scope, action, asked]);
    try {
      const { slice } = this.#prepared(asked);
      const facts = pickFacts(request.context, slice.facts);
      return JSON.stringify([scope, asked.action, agent.id, agent.teams, facts]);
    } catch {
      return undefined;
    }
  }

  #read(request: DecisionRequest): Question | 'unknown_scope' | 'no_rule' {
    const scope = this.bundle.scopes.get(request.scope);
    const resource = scope && this.bundle.resources.get(scope.resource);
    if (!scope || !resource) return 'unknown_scope';
    // Whatever an operation would be elsewhere, in a sandbox it is `sandbox`.
    const action = scope.effect === 'sandbox' ? 'sandbox' : (request.action ?? scope.effect);
    if (!covers(scope.effect, action)) return 'no_rule';
    return this.#question(request, scope, resource.environment.name, action);
  }

  #question(request: DecisionRequest, scope: Scope, environment: string, action: Effect): Question {
    const { id, teams } = request.agent;
    return { agentId: id, teams, scope: scope.id, resource: scope.resource, environment, action };
  }

  #prepared(question: Question): PreparedSlice {
    const visible = this.#index.visible(question.agentId, question.teams);
    const key = `${this.#serial}|${question.scope}|${question.action}|${visible.key}`;
    return this.#pool.get(key, () => {
      return cutSlice(this.bundle, this.#index, { ...question, teams: visible.teams });
    });
  }
}

/**
 * Makes a loaded bundle ready to decide. Slices are prepared when first asked for.
 * @param options.version the stored bundle version; 0 for one that is not stored
 * @param options.pool where prepared slices live; checks use `CHECKING_POOL`
 */
export function compilePolicy(
  bundle: Bundle,
  options: { version?: number; pool?: SlicePool } = {},
): Policy {
  return new Policy(bundle, options.version ?? 0, options.pool ?? DECIDING_POOL);
}
