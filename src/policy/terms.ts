import type { Terms } from '../domain/decision.ts';
import type { Rule } from './bundle.ts';

/**
 * Terms of the permits that matched together: each one's approvals must be met on its own, the
 * shortest ttl and the fewest leases hold. One rule with `@mode("login")` opens that mode, under
 * everything the others ask for.
 */
export function mergeTerms(permits: readonly Rule[]): Terms {
  const ttls = given(permits.map(({ terms }) => terms.ttlSeconds));
  const leases = given(permits.map(({ terms }) => terms.leases));
  const budgets = given(permits.map(({ terms }) => terms.budget));
  const approvals = permits
    .filter(({ terms }) => terms.approvals > 0)
    .map(({ id, terms }) => ({ rule: id, count: terms.approvals, groups: terms.approvers }));
  return {
    ...(ttls.length > 0 ? { ttlSeconds: Math.min(...ttls) } : {}),
    approvals,
    leases: leases.length > 0 ? Math.min(...leases) : 1,
    ...(permits.some(({ terms }) => terms.mode) ? { mode: 'login' as const } : {}),
    ...(budgets.length > 0 ? { budget: budgets.join('; ') } : {}),
    notes: given(permits.map(({ terms }) => terms.note)),
  };
}

function given<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
