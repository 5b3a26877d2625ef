import { covers, type Effect } from '../domain/effect.ts';
import type { Bundle, Rule } from './bundle.ts';
import type { Problems } from './problems.ts';

const CHANGING: readonly Effect[] = ['write', 'destroy'];

/**
 * In a protected environment nothing is changed without a human: a permit whose head may match
 * `write` or `destroy` there needs `@approvals` of 1 or more. Only the head counts, since what a
 * condition excludes today it may include after an edit elsewhere; an open head may match anything.
 */
export function checkProtected(bundle: Bundle, problems: Problems): void {
  for (const rule of bundle.rules) {
    if (rule.effect !== 'permit' || rule.terms.approvals > 0) continue;
    const action = CHANGING.find((effect) => rule.head.actions?.includes(effect) ?? true);
    const environment = action && protectedMatch(bundle, rule);
    if (!environment) continue;
    const message =
      `Permit ${rule.id} may match ${action} in the protected environment ${environment} ` +
      'without @approvals of 1 or more. Ask for approval, or name the actions or resources it is for.';
    problems.add(rule.file, rule.line, message);
  }
}

/** Name of a protected environment that the head may match with a changing action. */
function protectedMatch(bundle: Bundle, rule: Rule): string | undefined {
  const { resource, actions } = rule.head;
  if (!resource) return [...bundle.environments.values()].find((it) => it.protected)?.name;
  const { type, id } = resource;
  if (type === 'Environment') return bundle.environments.get(id)?.protected ? id : undefined;
  const scope = type === 'Scope' ? bundle.scopes.get(id) : undefined;
  const possible = CHANGING.filter((effect) => actions?.includes(effect) ?? true);
  // One scope never carries more than its own effect, whatever the rule would allow.
  if (scope && !possible.some((effect) => covers(scope.effect, effect))) return undefined;
  const environment = bundle.resources.get(scope?.resource ?? id)?.environment;
  return environment?.protected ? environment.name : undefined;
}
