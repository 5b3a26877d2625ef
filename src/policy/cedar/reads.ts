import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { type EntityRef, entityRef } from './head.ts';

/** What the conditions of a rule can look at. */
export interface Reads {
  /** Paths into `context`, at most two steps: `task.verified_ticket`, `time`; `*` is all of it. */
  readonly context: readonly string[];
  /** Entities written out in a condition. */
  readonly entities: readonly EntityRef[];
  /** Levels of the deepest condition, conditions joined. */
  readonly depth: number;
}

interface Found {
  readonly context: Set<string>;
  readonly entities: EntityRef[];
  depth: number;
}

/**
 * Walks the conditions of a parsed rule. `context` used in any way other than `context.a`,
 * `context["a"]` or `context has a` counts as reading all of it.
 */
export function readsOf(policy: PolicyJson): Reads {
  const found: Found = { context: new Set(), entities: [], depth: 0 };
  // An explicit stack: the depth is not known to be harmless before this walk has measured it.
  const open: { node: unknown; depth: number }[] = [];
  for (const clause of policy.conditions) {
    open.push({ node: clause.body, depth: policy.conditions.length });
  }
  for (let next = open.pop(); next; next = open.pop()) {
    found.depth = Math.max(found.depth, next.depth);
    for (const node of visit(next.node, found)) open.push({ node, depth: next.depth + 1 });
  }
  return { context: [...found.context].sort(), entities: found.entities, depth: found.depth };
}

/** Notes what `node` itself reads and returns the nodes below it. */
function visit(node: unknown, found: Found): unknown[] {
  if (Array.isArray(node)) return node;
  if (!isRecord(node)) return [];
  // A record literal may use any key, so its keys are never taken for operators.
  if (isRecord(node['Record'])) return Object.values(node['Record']);
  const value = node['Value'];
  if (isRecord(value) && isRecord(value['__entity'])) {
    found.entities.push(entityRef(value as { __entity: EntityRef }));
    return [];
  }
  if (node['Var'] === 'context') {
    found.context.add('*');
    return [];
  }
  const path = contextPath(node);
  if (path) {
    found.context.add(path.slice(0, 2).join('.'));
    return [];
  }
  return Object.values(node);
}

/** `context.task.id` → ['task', 'id']; `undefined` when the chain does not start at `context`. */
function contextPath(node: Record<string, unknown>): string[] | undefined {
  const path: string[] = [];
  let at: unknown = node;
  while (isRecord(at)) {
    if (at['Var'] === 'context') return path.length > 0 ? path : undefined;
    const step = at['.'] ?? at['has'];
    if (!isRecord(step)) return undefined;
    path.unshift(...[step['attr']].flat().map(String));
    at = step['left'];
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
