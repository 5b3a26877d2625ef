import { isId } from '../domain/ids.ts';
import type { Bundle, Rule } from './bundle.ts';
import type { EntityRef } from './cedar/head.ts';
import type { Problems } from './problems.ts';

/**
 * Checks the entities that rules name. A forbid that names something unknown would silently forbid
 * nothing, so it is refused; a permit merely opens nothing, so it is a warning. Teams may also be
 * managed outside the files, so an unknown one is a warning in both.
 */
export function checkReferences(bundle: Bundle, problems: Problems, warnings: Problems): void {
  for (const rule of bundle.rules) {
    const { principal, resource } = rule.head;
    const named = [principal, resource, ...rule.reads.entities].filter((it) => it !== undefined);
    for (const entity of named) checkOne(bundle, rule, entity, problems, warnings);
  }
}

function checkOne(
  bundle: Bundle,
  rule: Rule,
  { type, id }: EntityRef,
  problems: Problems,
  warnings: Problems,
): void {
  if (type === 'Agent') {
    if (isId('agent', id)) return;
    const message =
      'A rule names an agent by its id (agt_…). For an agent of agents.yaml, use a team of its own.';
    problems.add(rule.file, rule.line, message);
    return;
  }
  const known = knownEntities(bundle, type);
  if (!known || known.has(id)) return;
  const sink = rule.effect === 'forbid' && type !== 'Team' ? problems : warnings;
  sink.add(
    rule.file,
    rule.line,
    `Rule ${rule.id} names ${type}::${JSON.stringify(id)}, which is unknown.`,
  );
}

function knownEntities(bundle: Bundle, type: string): { has(id: string): boolean } | undefined {
  if (type === 'Team') return bundle.teams;
  if (type === 'Environment') return bundle.environments;
  if (type === 'Resource') return bundle.resources;
  if (type === 'Scope') return bundle.scopes;
  return undefined;
}
