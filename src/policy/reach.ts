import { Answers } from './diff/answers.ts';
import type { Audience } from './diff/audiences.ts';
import { diffDecisions } from './diff/diff-decisions.ts';
import { Numbers, Side } from './diff/side.ts';
import type { Policy } from './policy.ts';
import { whatCan } from './who-can.ts';
import { type Widening, widenedRows } from './widens.ts';

/** What a new agent in these teams gets in protected environments beyond what any agent gets. */
export function reachBeyondAnyone(
  policy: Policy,
  name: string,
  teams: readonly string[],
): Widening[] {
  const side = new Side(policy, new Numbers());
  const before = { id: 'anyone', teams: [] };
  const after = { id: name, teams };
  const newcomer: Audience = { subject: { agent: name }, agents: [name], before, after, key: '' };
  const rows = diffDecisions([side, side], [newcomer], new Answers());
  return widenedRows([{ ...newcomer, state: 'new' }], rows);
}

/** Scopes in protected environments that an agent gets at all, in any situation. */
export function protectedReach(
  policy: Policy,
  agent: { readonly id: string; readonly teams: readonly string[] },
): string[] {
  const { scopes, resources } = policy.bundle;
  const reached = new Set(whatCan(policy, agent).items.map(({ scope }) => scope));
  return [...reached].filter((id) => {
    const name = scopes.get(id)?.resource;
    return name !== undefined && resources.get(name)?.environment.protected === true;
  });
}
