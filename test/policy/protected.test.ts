import { describe, expect, test } from 'vitest';
import { files, problemsOf } from './bundle-fixture.ts';

const refused = (rule: string) => {
  const problems = problemsOf(files({ 'rules/r.cedar': `@id("x") ${rule}` }));
  return problems.some((it) => /may match (write|destroy) in the protected environment/.test(it));
};

describe('in a protected environment a changing permit needs @approvals', () => {
  test.each([
    'permit (principal, action, resource);',
    'permit (principal, action == Action::"write", resource);',
    'permit (principal, action == Action::"destroy", resource);',
    'permit (principal, action in [Action::"read", Action::"write"], resource);',
    'permit (principal, action in Action::"write", resource);',
    'permit (principal, action == Action::"write", resource is Scope);',
    'permit (principal, action == Action::"write", resource in Environment::"production");',
    'permit (principal, action == Action::"write", resource is Scope in Environment::"production");',
    'permit (principal, action == Action::"write", resource in Resource::"prod");',
    'permit (principal, action == Action::"write", resource == Scope::"prod:change");',
    'permit (principal, action == Action::"write", resource in Scope::"prod:wipe");',
    'permit (principal, action, resource == Scope::"prod:wipe");',
    '@approvals("0") permit (principal, action == Action::"write", resource in Resource::"prod");',
    // A condition does not count: what it excludes today it may include tomorrow.
    'permit (principal, action, resource) when { resource in Environment::"staging" };',
    'permit (principal, action, resource) unless { action == Action::"write" };',
  ])('%s', (rule) => {
    expect(refused(rule)).toBe(true);
  });

  test.each([
    'permit (principal, action == Action::"read", resource);',
    'permit (principal, action in [Action::"read", Action::"sandbox"], resource);',
    'permit (principal, action, resource in Environment::"staging");',
    'permit (principal, action, resource in Resource::"stage");',
    'permit (principal, action, resource == Scope::"stage:wipe");',
    'permit (principal, action, resource == Scope::"prod:read");',
    'permit (principal, action == Action::"destroy", resource == Scope::"prod:change");',
    '@approvals("1") permit (principal, action, resource);',
    'forbid (principal, action, resource);',
  ])('not %s', (rule) => {
    expect(refused(rule)).toBe(false);
  });

  test('an unprotected world needs none', () => {
    const environments =
      'environments: { production: { protected: false }, staging: { protected: false } }';
    const rules = '@id("x") permit (principal, action, resource);';
    expect(
      problemsOf(files({ 'environments.yaml': environments, 'rules/r.cedar': rules })),
    ).toEqual([]);
  });
});
