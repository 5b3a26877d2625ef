import type { Decision } from '../domain/decision.ts';
import type { Bundle } from './bundle.ts';
import { type DecisionContext, decisionContext } from './context.ts';
import { compilePolicy, type DecisionRequest, type Policy } from './policy.ts';
import { compare } from './problems.ts';
import { issuedTtl } from './run-tests.ts';
import { CHECKING_POOL } from './slice-pool.ts';

/** A declared agent, a team alone, or an agent of no team. */
export type Subject =
  | { readonly agent: string }
  | { readonly team: string }
  | { readonly anyone: true };

export interface DecisionChange {
  readonly subject: Subject;
  readonly scope: string;
  /** With a ticket the broker verified, or without any. */
  readonly ticket: boolean;
  readonly change: 'gained' | 'lost' | 'terms' | 'rules';
  readonly before: Decision;
  readonly after: Decision;
}

/** Monday 5 January 2026, noon UTC: both sides are asked at the same moment. */
const NOW = Date.parse('2026-01-05T12:00:00Z');
const CONTEXTS = [false, true].map((ticket) => ({ ticket, context: contextWith(ticket) }));

/**
 * Decides every subject × scope under both bundles, with and without a verified ticket, and returns
 * what differs. Where both bundles would show Cedar the same rules the answer is the same, and is not
 * computed. Rules about other facts (the hour, say) are compared at one fixed moment only.
 */
export function diffDecisions(before: Bundle, after: Bundle): DecisionChange[] {
  const policies = [before, after].map((bundle) => compilePolicy(bundle, { pool: CHECKING_POOL }));
  const [old, young] = policies as [Policy, Policy];
  const scopes = [...new Set([...before.scopes.keys(), ...after.scopes.keys()])].sort(compare);
  const changes: DecisionChange[] = [];
  for (const { subject, agents } of subjects(before, after)) {
    for (const scope of scopes) {
      for (const { ticket, context } of CONTEXTS) {
        const asked = agents.map((agent) => ({ agent, scope, context }));
        const [first, second] = asked as [DecisionRequest, DecisionRequest];
        if (sameRules(old, young, first, second)) continue;
        const [was, is] = [old.decide(first), young.decide(second)];
        const change = classify(old, young, scope, was, is);
        if (change) changes.push({ subject, scope, ticket, change, before: was, after: is });
      }
    }
  }
  return changes;
}

function contextWith(ticket: boolean): DecisionContext {
  const opened = { id: 'tsk_diff', openedAt: NOW };
  const task = ticket
    ? { ...opened, openedBy: 'operator' as const, verifiedTicket: 'TICKET-1' }
    : { ...opened, openedBy: 'agent' as const };
  return decisionContext({ now: NOW, task });
}

/** Each subject as it stands before and after: an agent's teams may have changed too. */
function subjects(
  before: Bundle,
  after: Bundle,
): { subject: Subject; agents: DecisionRequest['agent'][] }[] {
  const same = (id: string, teams: string[]) => [0, 1].map(() => ({ id, teams }));
  const teams = [...new Set([...teamsOf(before), ...teamsOf(after)])].sort(compare);
  const names = [...new Set([...before.agents.keys(), ...after.agents.keys()])].sort(compare);
  return [
    { subject: { anyone: true }, agents: same('anyone', []) },
    ...teams.map((team) => ({ subject: { team }, agents: same('anyone', [team]) })),
    ...names.map((agent) => ({
      subject: { agent },
      agents: [before, after].map((it) => ({
        id: agent,
        teams: it.agents.get(agent)?.teams ?? [],
      })),
    })),
  ];
}

/** Declared teams, and those that only a rule names. */
function teamsOf(bundle: Bundle): string[] {
  const named = bundle.rules.flatMap(({ head }) => head.principal ?? []);
  return [...bundle.teams, ...named.filter(({ type }) => type === 'Team').map(({ id }) => id)];
}

function sameRules(
  old: Policy,
  young: Policy,
  first: DecisionRequest,
  second: DecisionRequest,
): boolean {
  const [a, b] = [old.sliceFor(first), young.sliceFor(second)];
  const [was, is] = [old, young].map(({ bundle }) => bundle.scopes.get(first.scope));
  if (!a || !b || was?.maxTtlSeconds !== is?.maxTtlSeconds) return false;
  const shown = [a, b].map((it) =>
    JSON.stringify([it.rules.map(({ text }) => text), it.agentParents, it.entities]),
  );
  return shown[0] === shown[1];
}

function classify(
  old: Policy,
  young: Policy,
  scope: string,
  was: Decision,
  is: Decision,
): DecisionChange['change'] | undefined {
  if (was.outcome === 'deny' && is.outcome === 'deny') return undefined;
  if (was.outcome === 'deny') return 'gained';
  if (is.outcome === 'deny') return 'lost';
  const shown = (policy: Policy, { terms }: typeof was) =>
    JSON.stringify([terms, issuedTtl(policy.bundle, scope, terms)]);
  if (was.outcome !== is.outcome || shown(old, was) !== shown(young, is)) return 'terms';
  return was.rules.join() === is.rules.join() ? undefined : 'rules';
}
