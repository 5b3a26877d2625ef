/** What an operation can do to a resource, in order of danger; `read_secret` and `sandbox` stand apart. */
export const EFFECTS = ['read', 'read_secret', 'sandbox', 'write', 'destroy'] as const;
export type Effect = (typeof EFFECTS)[number];

const RANK: Partial<Record<Effect, number>> = { read: 1, write: 2, destroy: 3 };

/**
 * Does a scope of effect `granted` cover an operation of effect `wanted`?
 * `read < write < destroy`; `read_secret` and `sandbox` are covered by themselves only.
 */
export function covers(granted: Effect, wanted: Effect): boolean {
  if (granted === wanted) return true;
  const have = RANK[granted];
  const need = RANK[wanted];
  return have !== undefined && need !== undefined && have >= need;
}
