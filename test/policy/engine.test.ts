import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { expect, test } from 'vitest';
import { cedarGeneration, withCedar } from '../../src/policy/cedar/engine.ts';
import { PLAIN, policyOf, SUPPORT } from './bundle-fixture.ts';

const RULE = `@id("ok")
  permit (principal, action == Action::"read", resource in Environment::"staging")
  when { if context.claimed has purpose then context.claimed.purpose like "*" else true };`;

test('a broken WebAssembly instance is replaced, and decisions go on', () => {
  const policy = policyOf(RULE);
  const ask = () => policy.decide({ agent: SUPPORT, scope: 'stage:read', context: PLAIN }).outcome;
  expect(ask()).toBe('allow');
  const overflow = `permit(principal,action,resource) when {${'('.repeat(5000)}true${')'.repeat(5000)}};`;
  const before = cedarGeneration();
  expect(() => withCedar((cedar) => cedar.policyToJson(overflow))).toThrow(
    /out of bounds|call stack/,
  );
  expect(cedarGeneration()).toBe(before + 1);
  expect(ask()).toBe('allow');
});

test('an instance that breaks while it decides means deny, once', () => {
  const policy = policyOf(RULE);
  const ask = (purpose: unknown) => {
    const context = { ...PLAIN, claimed: { purpose: purpose as string } };
    return policy.decide({ agent: SUPPORT, scope: 'stage:read', context });
  };
  const unreadable = {
    toJSON() {
      throw new Error('no');
    },
  };
  expect(ask(unreadable)).toMatchObject({ outcome: 'deny', reason: 'policy_error' });
  expect(ask('x').outcome).toBe('allow');
});

/**
 * The process itself would abort: seen on Node 20 without the flag that the engine sets. The facts
 * are read in the middle of the call, so a hook there can discard the optimised callers.
 */
test('optimised code discarded in the middle of a call does not end the process', () => {
  setFlagsFromString('--allow-natives-syntax');
  const discard = runInThisContext('(one) => %DeoptimizeFunction(one)') as (one: unknown) => void;
  const decisions = withCedar((cedar) => {
    const staticPolicies = 'permit (principal, action, resource) when { context has x };';
    cedar.preparsePolicySet('discarded', { staticPolicies });
    const uid = { type: 'T', id: 'x' };
    const decide = (context: object) => {
      const call = { principal: uid, action: { type: 'Action', id: 'x' }, resource: uid };
      const rest = { preparsedPolicySetId: 'discarded', entities: [], context: context as never };
      const answer = cedar.statefulIsAuthorized({ ...call, ...rest });
      return answer.type === 'success' ? answer.response.decision : 'failure';
    };
    const hook = {
      toJSON: () => {
        for (const caller of [decide, cedar.statefulIsAuthorized]) discard(caller);
        return 1;
      },
    };
    for (let at = 0; at < 30_000; at += 1) decide({ x: 1 });
    return [decide({ x: hook }), decide({}), decide({ x: 1 })];
  });
  setFlagsFromString('--no-allow-natives-syntax');
  expect(decisions).toEqual(['allow', 'deny', 'allow']);
});
