import { describe, expect, test } from 'vitest';
import { DecisionCache } from '../../src/policy/decision-cache.ts';
import type { DecisionRequest, Policy } from '../../src/policy/policy.ts';
import { PLAIN, PLATFORM, policyOf, SUPPORT, WITH_TICKET } from './bundle-fixture.ts';

const RULES =
  '@id("t") permit (principal in Team::"support", action == Action::"read", resource) when { context.task has verified_ticket };';

/** A policy that counts how often it really decides. */
function counted(policy = policyOf(RULES)) {
  let decided = 0;
  const decide = policy.decide.bind(policy);
  const counting: Policy = Object.assign(Object.create(policy) as Policy, {
    decide: (request: DecisionRequest) => {
      decided += 1;
      return decide(request);
    },
    factsKey: policy.factsKey.bind(policy),
  });
  return { policy: counting, times: () => decided };
}

describe('the decision cache', () => {
  const ask: DecisionRequest = { agent: SUPPORT, scope: 'stage:read', context: WITH_TICKET };

  test('the same question is decided once, for a second', () => {
    let now = 1_000;
    const cache = new DecisionCache({ now: () => now, maxAgeMs: 60_000 });
    const { policy, times } = counted();
    const first = cache.decide(policy, ask, 1);
    expect(first).toEqual(policy.decide(ask));
    now += 999;
    expect(cache.decide(policy, ask, 1)).toEqual(first);
    expect(times()).toBe(2);
    now += 1;
    cache.decide(policy, ask, 1);
    expect(times()).toBe(3);
  });

  test('serving an entry does not make it younger', () => {
    let now = 0;
    const cache = new DecisionCache({ now: () => now });
    const { policy, times } = counted();
    for (now = 0; now < 2_000; now += 400) cache.decide(policy, ask, 1);
    expect(times()).toBe(2);
  });

  test('a clock that went backwards is not trusted', () => {
    let now = 5_000;
    const cache = new DecisionCache({ now: () => now });
    const { policy, times } = counted();
    cache.decide(policy, ask, 1);
    now = 4_000;
    cache.decide(policy, ask, 1);
    expect(times()).toBe(2);
  });

  test.each<[string, Partial<DecisionRequest>, number]>([
    ['another scope', { scope: 'prod:read' }, 1],
    ['another action', { scope: 'stage:change', action: 'read' }, 1],
    ['another agent', { agent: { id: 'agt_2', teams: ['support'] } }, 1],
    ['other teams', { agent: { id: SUPPORT.id, teams: PLATFORM.teams } }, 1],
    ['another version of the agent', {}, 2],
    ['a fact the rule reads', { context: PLAIN }, 1],
  ])('%s is another question', (_name, change, version) => {
    const cache = new DecisionCache({ now: () => 0 });
    const { policy, times } = counted();
    cache.decide(policy, ask, 1);
    cache.decide(policy, { ...ask, ...change }, version);
    expect(times()).toBe(2);
  });

  test('other teams are, even where no rule reads a fact', () => {
    const cache = new DecisionCache({ now: () => 0 });
    const policy = policyOf(
      '@id("t") permit (principal in Team::"support", action == Action::"read", resource);',
    );
    expect(cache.decide(policy, ask, 1).outcome).toBe('allow');
    const moved = { ...ask, agent: { id: SUPPORT.id, teams: PLATFORM.teams } };
    expect(cache.decide(policy, moved, 1).outcome).toBe('deny');
  });

  test('a fact that no rule reads is not', () => {
    const cache = new DecisionCache({ now: () => 0 });
    const { policy, times } = counted();
    cache.decide(policy, ask, 1);
    cache.decide(policy, { ...ask, context: { ...WITH_TICKET, claimed: { purpose: 'other' } } }, 1);
    expect(times()).toBe(1);
  });

  test('another policy answers for itself, whatever its version', () => {
    const cache = new DecisionCache({ now: () => 0 });
    const denying = policyOf('');
    expect(cache.decide(policyOf(RULES), ask, 1).outcome).toBe('allow');
    expect(cache.decide(denying, ask, 1).outcome).toBe('deny');
  });

  test('drop, the switch and the bound', () => {
    const cache = new DecisionCache({ now: () => 0, entries: 3 });
    const { policy, times } = counted();
    cache.decide(policy, ask, 1);
    cache.drop();
    cache.decide(policy, ask, 1);
    expect(times()).toBe(2);
    for (let version = 0; version < 10; version += 1) cache.decide(policy, ask, version);
    expect(cache.size).toBe(3);
    const off = new DecisionCache({ now: () => 0, enabled: false });
    const again = counted();
    off.decide(again.policy, ask, 1);
    off.decide(again.policy, ask, 1);
    expect([again.times(), off.size]).toEqual([2, 0]);
  });
});
