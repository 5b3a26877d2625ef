import { covers, EFFECTS, type Effect } from '../../domain/effect.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Rule } from '../bundle.ts';
import { entityKey } from '../cedar/head.ts';
import type { Policy } from '../policy.ts';
import { ancestors } from '../slice.ts';
import type { Asker } from './audiences.ts';

/** Gives equal texts equal numbers, so that what two bundles show Cedar is compared by number. */
export class Numbers {
  readonly #known = new Map<string, number>();

  of(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, this.#known.size);
    return this.#known.size - 1;
  }
}

/** Rules that one principal brings to one scope and action. */
interface Share {
  /** Equal numbers, on either side: equal rules, over equal entities. */
  readonly number: number;
  readonly rules: readonly Rule[];
  /** A condition looks at who asks or for what, so the rules alone don't decide. */
  readonly personal: boolean;
}
type Shares = ReadonlyMap<string, Share>;

/** All rules that can match one question, and a name for them. */
export interface Sight {
  /** Equal keys mean equal answers in every situation, whichever side they come from. */
  readonly key: string;
  readonly rules: () => readonly Rule[];
}

/** One of the two bundles, as the comparison asks it. */
export class Side {
  readonly policy: Policy;
  readonly #numbers: Numbers;
  /** By resource, then by principal: `*`, `Team::…`, `Agent::…`. */
  readonly #rules = new Map<string, Map<string, Rule[]>>();
  readonly #contents = new Map<Rule, number>();
  readonly #shares = new Map<string, Shares>();

  constructor(policy: Policy, numbers: Numbers) {
    this.policy = policy;
    this.#numbers = numbers;
    for (const rule of policy.bundle.rules) {
      const { principal, resource } = rule.head;
      const over = resource ? entityKey(resource) : '*';
      const by = this.#rules.get(over) ?? new Map<string, Rule[]>();
      this.#rules.set(over, by);
      const who = principal ? entityKey(principal) : '*';
      const bucket = by.get(who);
      if (bucket) bucket.push(rule);
      else by.set(who, [rule]);
    }
  }

  scope(id: string): Scope | undefined {
    return this.policy.bundle.scopes.get(id);
  }

  /** Effects that may be asked for under a scope: its own and those it covers. */
  actions(scope: Scope | undefined): Effect[] {
    return scope ? EFFECTS.filter((effect) => covers(scope.effect, effect)) : [];
  }

  /** By principal, what it brings to this scope and action. */
  shares(scopeId: string, action: Effect): Shares {
    const key = `${scopeId}|${action}`;
    const known = this.#shares.get(key);
    if (known) return known;
    const made = this.#share(scopeId, action);
    this.#shares.set(key, made);
    return made;
  }

  /** Scopes of equal looks get equal answers, whoever asks. */
  look(scopeId: string): string {
    const scope = this.scope(scopeId);
    const brought = this.actions(scope).flatMap((action) => {
      const shares = [...this.shares(scopeId, action)];
      // Only then does it matter which scope it is, and what lies above it.
      const personal = shares.some(([, share]) => share.personal);
      return [
        ...shares.map(([who, { number }]) => `${who}=${number}`),
        ...(personal ? [scopeId] : []),
      ];
    });
    return [scope?.effect, scope?.maxTtlSeconds, ...brought].join('|');
  }

  /** What an asker is decided by. Costs a look-up for each of its teams. */
  sight(asker: Asker, scopeId: string, action: Effect): Sight {
    const shares = this.shares(scopeId, action);
    const found: Share[] = [];
    for (const principal of principalsOf(asker)) {
      const share = shares.get(principal);
      if (share) found.push(share);
    }
    const numbers = found.map(({ number }) => number).sort((a, b) => a - b);
    const key = numbers.join();
    const rules = () => found.flatMap((share) => share.rules);
    if (!found.some(({ personal }) => personal)) return { key, rules };
    const who = JSON.stringify([asker.id, asker.teams, scopeId, action, this.#above(scopeId)]);
    return { key: `${key}|${who}`, rules };
  }

  #above(scopeId: string): string {
    return ancestors(this.policy.bundle, { type: 'Scope', id: scopeId }).map(entityKey).join();
  }

  #share(scopeId: string, action: Effect): Shares {
    const found = new Map<string, Rule[]>();
    const over = ['*', `Scope::${scopeId}`, ...this.#above(scopeId).split(',')];
    for (const [who, rules] of over.flatMap((it) => [...(this.#rules.get(it) ?? [])])) {
      const fitting = rules.filter(({ head }) => head.actions?.includes(action) ?? true);
      if (fitting.length > 0) found.set(who, [...(found.get(who) ?? []), ...fitting]);
    }
    return new Map(
      [...found].map(([who, rules]) => {
        const content = rules.map((rule) => this.#content(rule)).sort((a, b) => a - b);
        const personal = rules.some(({ head, reads }) => !head.exact || reads.entities.length > 0);
        return [who, { number: this.#numbers.of(content.join()), rules, personal }];
      }),
    );
  }

  /** The rule as Cedar sees it: its text, and what lies above the entities that it writes out. */
  #content(rule: Rule): number {
    const known = this.#contents.get(rule);
    if (known !== undefined) return known;
    const above = rule.reads.entities.map((it) => ancestors(this.policy.bundle, it).map(entityKey));
    const number = this.#numbers.of(JSON.stringify([rule.text, above]));
    this.#contents.set(rule, number);
    return number;
  }
}

const principals = new WeakMap<Asker, readonly string[]>();

/** The keys under which rules for an asker are found. */
export function principalsOf(asker: Asker): readonly string[] {
  const known = principals.get(asker);
  if (known) return known;
  const { id, teams } = asker;
  const made = ['*', `Agent::${id}`, ...[...new Set(teams)].map((team) => `Team::${team}`)];
  principals.set(asker, made);
  return made;
}
