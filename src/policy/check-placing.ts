import type { Bundle, Rule } from './bundle.ts';
import type { Problems } from './problems.ts';

/** Checks terms against what surrounds them: groups, modes, and conditions on the agent's words. */
export function checkPlacing(bundle: Bundle, problems: Problems, warnings: Problems): void {
  for (const rule of bundle.rules) {
    for (const group of rule.terms.approvers) {
      if (bundle.groups.has(group)) continue;
      const message = `@approvers of ${rule.id} names the unknown group ${group}.`;
      problems.add(rule.file, rule.line, message);
    }
    if (rule.terms.mode === 'login' && !isOnlyWrite(rule)) {
      const message = '@mode("login") is for rules with action == Action::"write" only.';
      problems.add(rule.file, rule.line, message);
    }
    if (rule.effect === 'permit' && readsClaims(rule)) {
      const message = `Permit ${rule.id} reads context.claimed, which is whatever the agent wrote.`;
      warnings.add(rule.file, rule.line, message);
    }
  }
}

/** A login can't tell a destroying statement from a writing one, so it never carries `destroy`. */
function isOnlyWrite({ head: { actions } }: Rule): boolean {
  return actions?.length === 1 && actions[0] === 'write';
}

function readsClaims(rule: Rule): boolean {
  return rule.reads.context.some((path) => path === '*' || path.split('.')[0] === 'claimed');
}
