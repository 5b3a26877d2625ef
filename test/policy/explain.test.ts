import { describe, expect, test } from 'vitest';
import { explain } from '../../src/policy/explain.ts';
import { hintFor } from '../../src/policy/hint.ts';
import type { DecisionRequest } from '../../src/policy/policy.ts';
import { whatMayI } from '../../src/policy/what-may-i.ts';
import { PLAIN, policyOf, SUPPORT, WITH_TICKET } from './bundle-fixture.ts';

const policy = policyOf(`
  @id("ticket") @ttl("5m")
  permit (principal in Team::"support", action == Action::"read", resource in Environment::"production")
  when { context.task has verified_ticket } unless { context.time.hour < 6 };
  @id("platform") permit (principal in Team::"platform", action == Action::"read", resource in Environment::"production");
  @id("staging") permit (principal, action in [Action::"read", Action::"write"], resource in Environment::"staging");
  @id("writes") @approvals("1") permit (principal, action == Action::"write", resource in Environment::"production");
  @id("no-wipe") @note("Nobody wipes.") forbid (principal, action == Action::"destroy", resource);`);
const ask = (scope: string, context = PLAIN): DecisionRequest => ({
  agent: SUPPORT,
  scope,
  context,
});

describe('explain', () => {
  test('which rules were considered, and what they lacked', () => {
    const { decision, considered, nearly } = explain(policy, ask('prod:read'));
    expect(decision.outcome).toBe('deny');
    expect(considered.map(({ rule, matched, unmet }) => [rule.id, matched, unmet])).toEqual([
      ['ticket', false, ['when { context.task has verified_ticket }']],
    ]);
    expect(nearly.map(({ rule, unmet }) => [rule.id, unmet])).toEqual([
      ['platform', ['is for Team::"platform"']],
      ['staging', ['is for Environment::"staging"']],
      ['writes', ['is for Action::"write"']],
    ]);
  });

  test('which matched', () => {
    const { considered } = explain(policy, ask('prod:read', WITH_TICKET));
    expect(considered.map(({ rule, matched }) => [rule.id, matched])).toEqual([['ticket', true]]);
    const night = { ...WITH_TICKET, time: { ...WITH_TICKET.time, hour: 3 } };
    expect(explain(policy, ask('prod:read', night)).considered[0]?.unmet).toEqual([
      'unless { context.time.hour < 6 }',
    ]);
  });

  test('an unknown scope concerns no rule', () => {
    expect(explain(policy, ask('prod:nope'))).toMatchObject({
      decision: { reason: 'unknown_scope' },
      considered: [],
    });
  });
});

describe('whatMayI', () => {
  test('every scope, with the outcome and the time it would be issued for', () => {
    const offers = whatMayI(policy, SUPPORT, WITH_TICKET);
    expect(
      offers.map(({ scope, decision, ttlSeconds }) => [scope.id, decision.outcome, ttlSeconds]),
    ).toEqual([
      ['prod:read', 'allow', 300],
      ['prod:change', 'require_approval', 900],
      ['prod:wipe', 'deny', undefined],
      ['stage:read', 'allow', 1800],
      ['stage:change', 'allow', 900],
      ['stage:wipe', 'deny', undefined],
    ]);
  });
});

describe('a refusal says what to do', () => {
  const hint = (request: DecisionRequest) => hintFor(policy, request, policy.decide(request));

  test('the rule, what it lacks, and scopes allowed instead', () => {
    expect(hint(ask('prod:read'))).toEqual({
      rule: 'ticket',
      // The same effect before the others.
      alternatives: ['stage:read', 'stage:change'],
      how: 'Ask an operator to open the task with a ticket.',
    });
  });

  test('the same resource comes first', () => {
    expect(hint(ask('stage:wipe'))).toEqual({
      rule: 'no-wipe',
      alternatives: ['stage:read', 'stage:change'],
      how: 'Nobody wipes.',
    });
    expect(hint(ask('prod:wipe', WITH_TICKET)).alternatives?.[0]).toBe('prod:read');
  });

  test('a human is needed', () => {
    expect(hint(ask('prod:change'))).toMatchObject({
      rule: 'writes',
      how: 'A person has to approve this first.',
    });
  });

  test('an alternative is something that would be allowed', () => {
    for (const { scope } of whatMayI(policy, SUPPORT, PLAIN)) {
      for (const other of hint(ask(scope.id)).alternatives ?? []) {
        expect(other).not.toBe(scope.id);
        expect(policy.decide(ask(other)).outcome).toBe('allow');
      }
    }
  });

  test('nothing at all is allowed', () => {
    const empty = policyOf('');
    const request = ask('prod:read');
    expect(hintFor(empty, request, empty.decide(request))).toEqual({
      how: 'Ask an operator for a rule that allows it.',
    });
  });
});
