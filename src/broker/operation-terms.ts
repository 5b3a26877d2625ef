import { createHash } from 'node:crypto';
import type { JsonObject } from '../domain/approval.ts';
import type { Effect } from '../domain/effect.ts';
import type { BlastRadius } from '../domain/operation.ts';
import { actionOf, type PermittedOperation } from './decide-operation.ts';

/**
 * The terms that are signed beside an operation: what it counts as, the rows it may touch, the rules with what
 * they ask for, and what its scope means. When any of it has changed, what was approved is void.
 */
export function termsOf(
  { terms, rules, meaning }: Pick<PermittedOperation, 'terms' | 'rules' | 'meaning'>,
  { effect, radius }: { readonly effect: Effect; readonly radius: BlastRadius },
): JsonObject {
  return {
    effect,
    decided_as: actionOf({ effect, radius }),
    bounds: radius.rows === null ? null : boundsAsJson(radius),
    rules: [...rules],
    notes: [...terms.notes],
    requirements: terms.approvals.map(({ rule, count, groups }) => ({
      rule,
      count,
      groups: [...groups],
    })),
    definition_sha256: createHash('sha256').update(meaning).digest('hex'),
  };
}

export function boundsAsJson({ bounds }: Pick<BlastRadius, 'bounds'>): JsonObject {
  return Object.fromEntries(
    Object.entries(bounds).map(([table, [least, most]]) => [table, [least, most]]),
  );
}
