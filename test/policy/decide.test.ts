import { describe, expect, test } from 'vitest';
import { PLAIN, PLATFORM, policyOf, SUPPORT, WITH_TICKET } from './bundle-fixture.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import { withRules } from './bundle-fixture.ts';

const READ = 'action == Action::"read", resource in Environment::"staging"';

describe('deciding', () => {
  test('no rule, no access', () => {
    const decision = policyOf('').decide({ agent: SUPPORT, scope: 'stage:read', context: PLAIN });
    expect(decision).toEqual({
      outcome: 'deny',
      reason: 'no_rule',
      bundleVersion: 7,
      rules: [],
      errors: [],
    });
  });

  test('a permit that matches allows, on its terms', () => {
    const policy = policyOf(`@id("r") @ttl("10m") @leases("3") @budget("rows=1000") @note("hello")
      permit (principal in Team::"support", ${READ});`);
    const decision = policy.decide({ agent: SUPPORT, scope: 'stage:read', context: PLAIN });
    expect(decision).toEqual({
      outcome: 'allow',
      bundleVersion: 7,
      rules: ['r'],
      terms: { ttlSeconds: 600, approvals: [], leases: 3, budget: 'rows=1000', notes: ['hello'] },
    });
    expect(policy.decide({ agent: PLATFORM, scope: 'stage:read', context: PLAIN }).outcome).toBe(
      'deny',
    );
    expect(policy.decide({ agent: SUPPORT, scope: 'prod:read', context: PLAIN }).outcome).toBe(
      'deny',
    );
    expect(policy.decide({ agent: SUPPORT, scope: 'stage:change', context: PLAIN }).outcome).toBe(
      'deny',
    );
  });

  test('an agent by id, a scope and a resource by name', () => {
    const id = 'agt_01hzzzzzzzzzzzzzzzzzzzzzzz';
    const policy = policyOf(`
      @id("a") permit (principal == Agent::"${id}", action == Action::"read", resource == Scope::"stage:read");
      @id("b") permit (principal in Agent::"${id}", action == Action::"write", resource in Resource::"stage");`);
    const ask = (agent: string, scope: string) =>
      policy.decide({ agent: { id: agent, teams: [] }, scope, context: PLAIN }).rules;
    expect(ask(id, 'stage:read')).toEqual(['a']);
    expect(ask(id, 'stage:change')).toEqual(['b']);
    expect(ask(id, 'prod:read')).toEqual([]);
    expect(ask('agt_other', 'stage:read')).toEqual([]);
  });

  test('a rule for one agent is for that agent, whoever asked before', () => {
    const id = 'agt_01hzzzzzzzzzzzzzzzzzzzzzzz';
    const policy = policyOf(`@id("a") permit (principal == Agent::"${id}", ${READ});`);
    const ask = (agent: string) =>
      policy.decide({
        agent: { id: agent, teams: ['support'] },
        scope: 'stage:read',
        context: PLAIN,
      }).outcome;
    expect([ask(id), ask('agt_other'), ask(id)]).toEqual(['allow', 'deny', 'allow']);
  });

  test('an unknown scope', () => {
    const decision = policyOf('').decide({ agent: SUPPORT, scope: 'stage:rm', context: PLAIN });
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'unknown_scope' });
  });

  test('several permits: the shortest ttl, the fewest leases, each approval on its own', () => {
    const policy = policyOf(`
      @id("c") @ttl("20m") @approvals("2") @approvers("dba security") @leases("5") permit (principal, ${READ});
      @id("b") @ttl("5m") @approvals("1") @approvers("dba") permit (principal, ${READ});
      @id("a") @leases("2") permit (principal, ${READ});`);
    const decision = policy.decide({ agent: SUPPORT, scope: 'stage:read', context: PLAIN });
    expect(decision).toMatchObject({
      outcome: 'require_approval',
      rules: ['a', 'b', 'c'],
      terms: {
        ttlSeconds: 300,
        leases: 2,
        approvals: [
          { rule: 'b', count: 1, groups: ['dba'] },
          { rule: 'c', count: 2, groups: ['dba', 'security'] },
        ],
      },
    });
  });

  test('one login rule opens the mode, under what the others ask', () => {
    const policy = policyOf(`
      @id("l") @mode("login") @approvals("1") permit (principal, action == Action::"write", resource);
      @id("w") @approvals("2") permit (principal, action == Action::"write", resource);`);
    const decision = policy.decide({ agent: SUPPORT, scope: 'prod:change', context: PLAIN });
    expect(decision).toMatchObject({
      terms: { mode: 'login', approvals: [{ count: 1 }, { count: 2 }] },
    });
  });

  test('a forbid wins over every permit', () => {
    const policy = policyOf(`
      @id("p") permit (principal, ${READ});
      @id("f") forbid (principal, action, resource) unless { context.task has verified_ticket };`);
    const ask = (context = PLAIN) =>
      policy.decide({ agent: SUPPORT, scope: 'stage:read', context });
    expect(ask()).toMatchObject({ outcome: 'deny', reason: 'forbidden', rules: ['f'] });
    expect(ask(WITH_TICKET)).toMatchObject({ outcome: 'allow', rules: ['p'] });
  });

  test('a ticket that the agent claims is not a ticket', () => {
    const policy = policyOf(
      `@id("t") permit (principal, ${READ}) when { context.task has verified_ticket };`,
    );
    const context = { ...PLAIN, claimed: { ticket: 'OPS-12', purpose: 'verified_ticket' } };
    expect(policy.decide({ agent: SUPPORT, scope: 'stage:read', context }).outcome).toBe('deny');
  });

  test('the effect of the operation counts, never above the scope', () => {
    const policy = policyOf(`
      @id("r") permit (principal, ${READ});
      @id("w") permit (principal, action in [Action::"write", Action::"destroy"], resource in Environment::"staging");`);
    const ask = (scope: string, action: 'read' | 'write' | 'destroy') =>
      policy.decide({ agent: SUPPORT, scope, action, context: PLAIN });
    expect(ask('stage:change', 'read')).toMatchObject({ outcome: 'allow', rules: ['r'] });
    expect(ask('stage:change', 'write')).toMatchObject({ outcome: 'allow', rules: ['w'] });
    expect(ask('stage:change', 'destroy')).toMatchObject({ outcome: 'deny', reason: 'no_rule' });
    expect(ask('stage:read', 'write')).toMatchObject({ outcome: 'deny', reason: 'no_rule' });
  });
});

describe('an error in the diagnostics is a deny', () => {
  const OVERFLOW = 'context.time.unix + 9223372036854775807 > 0';
  const PERMIT = `@id("p") permit (principal, ${READ});`;

  test.each(['forbid', 'permit'])('in a %s', (effect) => {
    const policy = policyOf(`${PERMIT}
      @id("broken") ${effect} (principal, ${READ}) when { ${OVERFLOW} };`);
    const decision = policy.decide({ agent: SUPPORT, scope: 'stage:read', context: PLAIN });
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'policy_error', rules: ['broken'] });
    expect(decision).toMatchObject({ errors: [expect.stringMatching(/^broken: .*overflow/)] });
  });

  test('even where a forbid matches as well', () => {
    const policy = policyOf(`${PERMIT}
      @id("f") forbid (principal, action, resource);
      @id("broken") forbid (principal, ${READ}) when { ${OVERFLOW} };`);
    const decision = policy.decide({ agent: SUPPORT, scope: 'stage:read', context: PLAIN });
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'policy_error', rules: ['broken'] });
  });

  test('a rule that errs elsewhere harms nobody here', () => {
    const policy = policyOf(`${PERMIT}
      @id("broken") forbid (principal, action, resource in Environment::"production") when { ${OVERFLOW} };`);
    expect(policy.decide({ agent: SUPPORT, scope: 'stage:read', context: PLAIN }).outcome).toBe(
      'allow',
    );
    expect(policy.decide({ agent: SUPPORT, scope: 'prod:read', context: PLAIN })).toMatchObject({
      reason: 'policy_error',
    });
  });

  test('a fact of the wrong type', () => {
    const policy = compilePolicy(
      withRules(`${PERMIT} @id("h") forbid (principal, ${READ}) when { context.time.hour > 30 };`),
    );
    const context = { ...PLAIN, time: { ...PLAIN.time, hour: 'noon' as never } };
    expect(policy.decide({ agent: SUPPORT, scope: 'stage:read', context })).toMatchObject({
      reason: 'policy_error',
    });
    const missing = { ...PLAIN, time: undefined as never };
    expect(policy.decide({ agent: SUPPORT, scope: 'stage:read', context: missing })).toMatchObject({
      reason: 'policy_error',
    });
  });
});
