import type { Effect } from '../../domain/effect.ts';
import type { Rule } from '../bundle.ts';
import { type Access, accessOf } from './access.ts';
import type { Asker } from './audiences.ts';
import { type ContextClass, type ContextClasses, contextClassesOf } from './context-classes.ts';
import type { Side, Sight } from './side.ts';

const NOT_REGISTERED: Access = { outcome: 'deny', rules: [], reason: 'unknown_agent' };
const NO_SCOPE: Access = { outcome: 'deny', rules: [], reason: 'unknown_scope' };
const NOT_COVERED: Access = { outcome: 'deny', rules: [], reason: 'no_rule' };

/** A question to one side, without its situation. */
export interface Asked {
  readonly asker: Asker | undefined;
  readonly scope: string;
  readonly action: Effect;
}

/** Decides for the comparison, and remembers: equal sights in equal situations are decided once. */
export class Answers {
  readonly #decided = new Map<string, Access>();
  readonly #situations = new Map<string, ContextClasses>();
  readonly #gaps = new Set<string>();

  /** How many questions the policy was really asked. */
  get decisions(): number {
    return this.#decided.size;
  }

  /** Why situations that were not compared may differ, as sentences. */
  get gaps(): string[] {
    return [...this.#gaps].sort();
  }

  /** The situations that the rules in these sights tell apart. */
  situations(sights: readonly (Sight | undefined)[]): readonly ContextClass[] {
    const given = sights.filter((sight) => sight !== undefined);
    const key = given.map((sight) => sight.key).join('/');
    const known = this.#situations.get(key);
    if (known) return known.classes;
    const rules = new Map<string, Rule>();
    for (const rule of given.flatMap((sight) => sight.rules())) {
      if (rule.reads.context.length > 0) rules.set(rule.text, rule);
    }
    const made = contextClassesOf([...rules.values()]);
    this.#situations.set(key, made);
    for (const gap of made.gaps) this.#gaps.add(gap);
    return made.classes;
  }

  /** What a side answers, as a decision at mint (the scope's own effect) or at use would be made. */
  ask(
    side: Side,
    { asker, scope, action }: Asked,
    sight: Sight | undefined,
    situation: ContextClass,
  ): Access {
    const defined = side.scope(scope);
    if (!asker) return NOT_REGISTERED;
    if (!defined) return NO_SCOPE;
    if (!sight || !side.actions(defined).includes(action)) return NOT_COVERED;
    const key = `${defined.maxTtlSeconds}|${sight.key}|${situation.key}`;
    const known = this.#decided.get(key);
    if (known) return known;
    const { context } = situation;
    const decision = side.policy.decide({ agent: asker, scope, action, context });
    const access = accessOf(decision, defined.maxTtlSeconds);
    this.#decided.set(key, access);
    return access;
  }
}
