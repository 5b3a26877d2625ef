import { describe, expect, test } from 'vitest';
import { diffBundles } from '../../src/policy/diff.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { FILES, resource, withRules } from './bundle-fixture.ts';

const BEFORE = `@id("read") @ttl("10m")
permit (principal in Team::"support", action == Action::"read", resource in Environment::"staging");`;

/** Decisions that change, as `who scope[+ticket]: change`. */
function changes(after: string, more: Record<string, string> = {}, before = BEFORE): string[] {
  const { decisions } = diffBundles(withRules(before), withRules(after, more));
  return decisions.map(({ subject, scope, ticket, change }) => {
    const who = 'agent' in subject ? subject.agent : 'team' in subject ? subject.team : 'anyone';
    return `${who} ${scope}${ticket ? '+ticket' : ''}: ${change}`;
  });
}

describe('comparing two bundles', () => {
  test('a bundle with itself', () => {
    const diff = diffBundles(withRules(BEFORE), withRules(BEFORE));
    const nothing = { added: [], removed: [], changed: [] };
    expect(diff).toEqual({
      files: nothing,
      environments: nothing,
      teams: nothing,
      agents: nothing,
      groups: nothing,
      resources: nothing,
      scopes: nothing,
      rules: nothing,
      terms: [],
      decisions: [],
    });
  });

  test('what came, went and changed', () => {
    const after = loadBundle({
      ...FILES,
      'environments.yaml':
        'environments: { production: { protected: false }, staging: { protected: false } }',
      'groups.yaml': 'groups: { dba: { members: [omar@example.com] } }',
      'resources/prod.yaml': resource('prod', 'production').replace('30m', '20m'),
      'resources/new.yaml': resource('new', 'staging'),
      'rules/rules.cedar': BEFORE.replace('10m', '20m').replace('"staging"', '"production"'),
    });
    const diff = diffBundles(withRules(BEFORE), after);
    expect(diff.files).toEqual({
      added: ['resources/new.yaml'],
      removed: [],
      changed: ['environments.yaml', 'groups.yaml', 'resources/prod.yaml', 'rules/rules.cedar'],
    });
    expect(diff.environments.changed).toEqual(['production']);
    expect(diff.groups).toEqual({ added: [], removed: ['security'], changed: ['dba'] });
    expect(diff.resources).toMatchObject({ added: ['new'], changed: ['prod'] });
    expect(diff.scopes).toMatchObject({ added: ['new:change', 'new:read', 'new:wipe'] });
    expect(diff.rules.changed).toEqual(['read']);
    expect(diff.terms).toEqual(['read']);
  });

  test('gained, with and without a ticket', () => {
    const rule = `${BEFORE}\n@id("ticket") permit (principal in Team::"platform", action == Action::"read", resource in Resource::"prod") when { context.task has verified_ticket };`;
    expect(changes(rule)).toEqual(['platform prod:read+ticket: gained']);
  });

  test('lost, for a team and for the agents in it', () => {
    expect(changes('')).toEqual([
      'support stage:read: lost',
      'support stage:read+ticket: lost',
      'bot stage:read: lost',
      'bot stage:read+ticket: lost',
    ]);
  });

  test('removing a permit can loosen terms', () => {
    const both = `${BEFORE}\n@id("asks") @approvals("1") permit (principal, action == Action::"read", resource in Resource::"stage");`;
    expect(changes(BEFORE, {}, both)).toEqual([
      'anyone stage:read: lost',
      'anyone stage:read+ticket: lost',
      'platform stage:read: lost',
      'platform stage:read+ticket: lost',
      'support stage:read: terms',
      'support stage:read+ticket: terms',
      'bot stage:read: terms',
      'bot stage:read+ticket: terms',
    ]);
  });

  test('a shorter max_ttl changes the terms', () => {
    const shorter = { 'resources/stage.yaml': resource('stage', 'staging').replace('30m', '5m') };
    expect(changes(BEFORE, shorter)).toContain('support stage:read: terms');
  });

  test('an agent that joins a team gains what the team has', () => {
    const agents = (teams: string) =>
      `teams: [support, platform]\nagents: [{ name: bot, owner: a@b.c, teams: [${teams}], jwks: { keys: [] } }]`;
    const before = withRules(BEFORE, { 'agents.yaml': agents('platform') });
    const after = withRules(BEFORE, { 'agents.yaml': agents('platform, support') });
    const { decisions, agents: named } = diffBundles(before, after);
    expect(named.changed).toEqual(['bot']);
    expect(decisions.map(({ subject, change }) => [subject, change])).toEqual([
      [{ agent: 'bot' }, 'gained'],
      [{ agent: 'bot' }, 'gained'],
    ]);
  });

  test('a forbid takes away, and moving a resource to another environment moves what rules say', () => {
    expect(
      changes(`${BEFORE}\n@id("no") forbid (principal, action, resource in Resource::"stage");`),
    ).toContain('bot stage:read: lost');
    expect(changes(BEFORE, { 'resources/prod.yaml': resource('prod', 'staging') })).toContain(
      'bot prod:read: gained',
    );
  });
});
