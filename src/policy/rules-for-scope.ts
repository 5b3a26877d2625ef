import type { Bundle, Rule } from './bundle.ts';
import { entityKey } from './cedar/head.ts';

/**
 * The rules that have a say about a scope, whoever asks: those whose head leaves action and resource
 * open, or names its effect and the scope, its resource or its environment. In bundle order.
 * @returns none where the bundle has no such scope
 */
export function rulesForScope(bundle: Bundle, scopeId: string): Rule[] {
  const scope = bundle.scopes.get(scopeId);
  const resource = scope && bundle.resources.get(scope.resource);
  if (!scope || !resource) return [];
  const places = [
    `Scope::${scope.id}`,
    `Resource::${resource.name}`,
    `Environment::${resource.environment.name}`,
  ];
  return bundle.rules.filter(({ head }) => {
    const named = !head.resource || places.includes(entityKey(head.resource));
    return named && (!head.actions || head.actions.includes(scope.effect));
  });
}
