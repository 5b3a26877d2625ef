import type { Decision, Terms } from '../domain/decision.ts';
import { formatDuration } from '../domain/duration.ts';
import type { Bundle } from './bundle.ts';
import { type DecisionContext, decisionContext } from './context.ts';
import type { DecisionRequest, Policy } from './policy.ts';
import { compare } from './problems.ts';
import type { TestCase } from './test-case.ts';

/** Monday 5 January 2026, noon UTC: what a case means that names no time. */
const DEFAULT_TIME = '2026-01-05T12:00:00Z';

export interface TestResult {
  readonly case: TestCase;
  /** What came out otherwise than expected; empty: the case passed. */
  readonly failures: readonly string[];
  readonly decision: Decision;
}

/** Runs the cases of `tests/*.yaml` in order. Pure: no clock, no store. */
export function runTests(policy: Policy): TestResult[] {
  return policy.bundle.tests.map((test) => {
    const decision = policy.decide(requestOf(policy.bundle, test));
    return { case: test, decision, failures: failuresOf(policy.bundle, test, decision) };
  });
}

/** A declared agent stands under its name, since it has no id before the bundle is active. */
function requestOf(bundle: Bundle, test: TestCase): DecisionRequest {
  const teams = test.teams ?? bundle.agents.get(test.agent)?.teams ?? [];
  const { scope, action } = test;
  const request = { agent: { id: test.agent, teams }, scope, context: contextOf(test) };
  return action === undefined ? request : { ...request, action };
}

function contextOf({ context }: TestCase): DecisionContext {
  const now = Date.parse(context.at ?? DEFAULT_TIME);
  // Only an operator's task carries a verified ticket, so naming one implies who opened it.
  const openedBy = context.opened_by ?? (context.verified_ticket ? 'operator' : 'agent');
  const { purpose, ticket, verified_ticket: verifiedTicket } = context;
  const task = { id: 'tsk_test', openedBy, openedAt: now, verifiedTicket };
  return decisionContext({ now, task, claimed: { purpose, ticket } });
}

function failuresOf(bundle: Bundle, { expect, scope }: TestCase, decision: Decision): string[] {
  const failures: string[] = [];
  const same = (what: string, expected: unknown, actual: unknown) => {
    if (expected === undefined || JSON.stringify(expected) === JSON.stringify(actual)) return;
    failures.push(`expected ${what} ${shown(expected)}, got ${shown(actual)}`);
  };
  const denied = decision.outcome === 'deny';
  const why = denied
    ? ` (${decision.reason}${decision.errors.map((it) => `: ${it}`).join('')})`
    : '';
  if (expect.decision !== decision.outcome) {
    failures.push(`expected decision ${expect.decision}, got ${decision.outcome}${why}`);
  }
  same('reason', expect.reason, denied ? decision.reason : undefined);
  same('rules', expect.rules && [...expect.rules].sort(compare), decision.rules);
  const terms = denied ? undefined : decision.terms;
  const ttl = terms && issuedTtl(bundle, scope, terms);
  same('ttl', duration(expect.ttlSeconds), duration(ttl));
  same(
    'approvals',
    expect.approvals,
    terms?.approvals.reduce((sum, { count }) => sum + count, 0),
  );
  const approvers = new Set(terms?.approvals.flatMap(({ groups }) => groups));
  same(
    'approvers',
    expect.approvers && [...expect.approvers].sort(compare),
    [...approvers].sort(compare),
  );
  same('leases', expect.leases, terms?.leases);
  same('mode', expect.mode, terms?.mode);
  return failures;
}

/** Seconds that would be issued: the shortest `@ttl`, never above the scope's `max_ttl`. */
export function issuedTtl(bundle: Bundle, scope: string, terms: Terms): number {
  const longest = bundle.scopes.get(scope)?.maxTtlSeconds ?? 0;
  return Math.min(terms.ttlSeconds ?? longest, longest);
}

function duration(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : formatDuration(seconds);
}

function shown(value: unknown): string {
  return value === undefined
    ? 'nothing'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}
