import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import type { Bundle } from '../../src/policy/bundle.ts';
import type { DecisionContext } from '../../src/policy/context.ts';

/** What one agent gets, in plain words: everything that a diff has to tell apart. */
export type Answer = string;
export const DENY: Answer = 'deny';

const COVERED: Readonly<Record<string, readonly string[]>> = {
  read: ['read'],
  write: ['write', 'read'],
  destroy: ['destroy', 'write', 'read'],
};
const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** Effects that can be asked for under a scope. */
export function actionsOf(bundle: Bundle, scope: string): readonly string[] {
  return COVERED[bundle.scopes.get(scope)?.effect ?? ''] ?? [];
}

export const uid = (type: string, id: string) => ({ type, id });

/** Resources below their environments, and scopes below their resources, as Cedar reads them. */
export function thingsOf(bundle: Bundle) {
  return [
    ...[...bundle.resources.values()].map((it) => ({
      uid: uid('Resource', it.name),
      attrs: {},
      parents: [uid('Environment', it.environment.name)],
    })),
    ...[...bundle.scopes.values()].map((it) => ({
      uid: uid('Scope', it.id),
      attrs: {},
      parents: [uid('Resource', it.resource)],
    })),
  ];
}

let named = 0;

/**
 * Decides by showing Cedar the whole bundle, every entity and every fact, and reads the terms from the
 * annotations by itself: it shares no line with what it is compared to.
 */
export function bruteForce(bundle: Bundle) {
  const name = `brute-${named++}`;
  const staticPolicies = Object.fromEntries(bundle.rules.map(({ id, text }) => [id, text]));
  const prepared = preparsePolicySet(name, { staticPolicies });
  if (prepared.type === 'failure') throw new Error(prepared.errors[0]?.message);
  const things = thingsOf(bundle);

  /** @param teams undefined: there is no such agent */
  return (
    who: { id: string; teams: readonly string[] | undefined },
    scope: string,
    action: string,
    context: DecisionContext,
  ): Answer => {
    if (!who.teams || !actionsOf(bundle, scope).includes(action)) return DENY;
    const agent = {
      uid: uid('Agent', who.id),
      attrs: {},
      parents: who.teams.map((id) => uid('Team', id)),
    };
    const answer = statefulIsAuthorized({
      principal: uid('Agent', who.id),
      action: uid('Action', action),
      resource: uid('Scope', scope),
      context: context as never,
      preparsedPolicySetId: name,
      entities: [agent, ...things],
    });
    if (answer.type === 'failure') throw new Error(answer.errors[0]?.message);
    const { decision, diagnostics } = answer.response;
    if (decision !== 'allow' || diagnostics.errors.length > 0) return DENY;
    const matched = [...diagnostics.reason].sort();
    return termsOf(
      matched.map((id) => [id, staticPolicies[id] ?? '']),
      bundle.scopes.get(scope)?.maxTtlSeconds ?? 0,
    );
  };
}

/** Terms of the rules that matched, as one text. */
function termsOf(rules: readonly (readonly [string, string])[], longest: number): Answer {
  const values = (name: string) =>
    rules.flatMap(([id, text]) => {
      const value = new RegExp(`@${name}\\("([^"]*)"\\)`).exec(text)?.[1];
      return value === undefined ? [] : [{ id, value }];
    });
  const ttls = values('ttl').map(({ value }) => {
    return Number.parseInt(value, 10) * SECONDS[value.slice(-1) as keyof typeof SECONDS];
  });
  const approvers = new Map(values('approvers').map(({ id, value }) => [id, value]));
  const approvals = values('approvals')
    .filter(({ value }) => value !== '0')
    .map(({ id, value }) => `${id}=${value}:${approvers.get(id) ?? ''}`);
  const leases = values('leases').map(({ value }) => Number(value));
  return [
    `rules ${rules.map(([id]) => id).join()}`,
    `ttl ${Math.min(longest, ...ttls)}`,
    `approvals ${approvals.join(' ')}`,
    `leases ${leases.length > 0 ? Math.min(...leases) : 1}`,
    `login ${values('mode').length > 0}`,
  ].join('; ');
}
