import type { Decision, DenyReason } from '../../domain/decision.ts';

/** What one side of a comparison answers: a decision without its version, its terms as they would be issued. */
export interface Access {
  readonly outcome: Decision['outcome'];
  readonly rules: readonly string[];
  readonly reason?: DenyReason | undefined;
  /** Seconds: the shortest `@ttl`, never above the scope's `max_ttl`. */
  readonly ttl?: number | undefined;
  readonly approvals?: readonly Requirement[] | undefined;
  readonly leases?: number | undefined;
  readonly mode?: 'login' | undefined;
  readonly budget?: string | undefined;
  readonly notes?: readonly string[] | undefined;
}

interface Requirement {
  readonly rule: string;
  readonly count: number;
  readonly groups: readonly string[];
}

/** Terms by name, in the order in which they are told. */
export const TERM_NAMES = ['approvals', 'ttl', 'leases', 'mode', 'budget', 'notes'] as const;
export type TermName = (typeof TERM_NAMES)[number];

/** @param maxTtlSeconds of the scope on that side */
export function accessOf(decision: Decision, maxTtlSeconds: number): Access {
  const { outcome, rules } = decision;
  if (decision.outcome === 'deny') return { outcome, rules, reason: decision.reason };
  const { ttlSeconds = maxTtlSeconds, approvals, leases, mode, budget, notes } = decision.terms;
  return {
    outcome,
    rules,
    ttl: Math.min(ttlSeconds, maxTtlSeconds),
    approvals,
    leases,
    ...(mode === undefined ? {} : { mode }),
    ...(budget === undefined ? {} : { budget }),
    notes,
  };
}

export interface Comparison {
  readonly change: 'gained' | 'lost' | 'terms' | 'rules';
  /** Terms under which more is possible than before, and less. */
  readonly looser: readonly TermName[];
  readonly tighter: readonly TermName[];
}

/** What became of an access; undefined where nothing that anybody could notice. */
export function compareAccess(before: Access, after: Access): Comparison | undefined {
  if (before.outcome === 'deny') {
    return after.outcome === 'deny' ? undefined : { change: 'gained', looser: [], tighter: [] };
  }
  if (after.outcome === 'deny') return { change: 'lost', looser: [], tighter: [] };
  const differs = TERM_NAMES.filter((term) => !same(before[term], after[term]));
  if (differs.length > 0) {
    const looser = differs.filter((term) => isLooser(term, before, after));
    const tighter = differs.filter((term) => isLooser(term, after, before));
    return { change: 'terms', looser, tighter };
  }
  return same(before.rules, after.rules) ? undefined : { change: 'rules', looser: [], tighter: [] };
}

/** Does `after` allow in this respect anything that `before` did not? Where that is not known, yes. */
function isLooser(term: TermName, before: Access, after: Access): boolean {
  if (term === 'ttl') return (after.ttl ?? 0) > (before.ttl ?? 0);
  if (term === 'leases') return (after.leases ?? 1) > (before.leases ?? 1);
  if (term === 'mode') return after.mode !== undefined && before.mode === undefined;
  // Nobody can tell which of two budgets is the smaller one.
  if (term === 'budget') return before.budget !== undefined && before.budget !== after.budget;
  if (term === 'notes') return false;
  return (before.approvals ?? []).some(
    (asked) => !(after.approvals ?? []).some((now) => implies(now, asked)),
  );
}

/** Whoever meets `now` has met `asked` too. */
function implies(now: Requirement, asked: Requirement): boolean {
  if (now.count < asked.count) return false;
  if (asked.groups.length === 0) return true;
  return now.groups.length > 0 && now.groups.every((group) => asked.groups.includes(group));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
