import type { Decision } from '../domain/decision.ts';
import type { Scope } from '../domain/scope.ts';
import type { DecisionContext } from './context.ts';
import type { DecisionRequest, Policy } from './policy.ts';
import { issuedTtl } from './run-tests.ts';

/** One scope and what asking for it would bring now. */
export interface Offer {
  readonly scope: Scope;
  readonly decision: Decision;
  /** Seconds that would be issued; absent on a deny. */
  readonly ttlSeconds?: number;
}

/**
 * What an agent would be told if it asked for each scope of the bundle, in the order of the files.
 * Costs one decision a scope.
 */
export function whatMayI(
  policy: Policy,
  agent: DecisionRequest['agent'],
  context: DecisionContext,
): Offer[] {
  return [...policy.bundle.scopes.values()].map((scope) => {
    const decision = policy.decide({ agent, scope: scope.id, context });
    if (decision.outcome === 'deny') return { scope, decision };
    return { scope, decision, ttlSeconds: issuedTtl(policy.bundle, scope.id, decision.terms) };
  });
}
