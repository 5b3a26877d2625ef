import type { Operator } from '../domain/operator.ts';
import type { Group } from '../policy/bundle.ts';

/**
 * The approver groups an operator is in: by the e-mail that is verified, or by what the identity
 * provider said at the last sign-in there. Nothing else puts anybody into a group.
 *
 * @param groups of the active bundle
 */
export function groupsOf(
  operator: Pick<Operator, 'email' | 'oidc' | 'state'>,
  groups: Iterable<Group>,
): string[] {
  if (operator.state !== 'active') return [];
  const names = [];
  for (const group of groups) if (isIn(operator, group)) names.push(group.name);
  return names.sort();
}

function isIn(operator: Pick<Operator, 'email' | 'oidc'>, group: Group): boolean {
  if ('oidc' in group) return operator.oidc?.groups.includes(group.oidc) ?? false;
  return group.members.some((member) => member.toLowerCase() === operator.email);
}
