import type { Effect } from './effect.ts';

/** Names of resources, scopes, teams, environments and agents: short, lower case, no separators of ours. */
export const NAME = /^[a-z0-9](?:[a-z0-9_.-]{0,62})$/;
const SCOPE = /^([a-z0-9][a-z0-9_.-]{0,62}):([a-z0-9][a-z0-9_.-]{0,62})$/;

/** A named way to use a resource, as an admin defined it in the bundle. */
export interface Scope {
  /** `resource:name`, e.g. `orders-db:read` */
  readonly id: string;
  readonly resource: string;
  readonly name: string;
  readonly effect: Effect;
  readonly description: string;
  /** Upper bound in seconds of whatever is issued under this scope. */
  readonly maxTtlSeconds: number;
  /** What the provider of this resource's kind understands; checked by its constraints schema. */
  readonly constraints: unknown;
}

/** `resource:name` → its two halves, or `undefined` when malformed. */
export function parseScopeId(text: string): { resource: string; name: string } | undefined {
  const match = SCOPE.exec(text);
  if (!match?.[1] || !match[2]) return undefined;
  return { resource: match[1], name: match[2] };
}
