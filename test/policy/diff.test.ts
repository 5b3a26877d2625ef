import { describe, expect, test } from 'vitest';
import { diffBundles } from '../../src/policy/diff.ts';
import { audienceWords, changeWords } from '../../src/policy/diff/words.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { FILES, resource, withRules } from './bundle-fixture.ts';

const BEFORE = `@id("read") @ttl("10m")
permit (principal in Team::"support", action == Action::"read", resource in Environment::"staging");`;

/** Rows, one for each audience: `who+agents scopes: change, when`. */
function changes(after: string, more: Record<string, string> = {}, before = BEFORE): string[] {
  const diff = diffBundles(withRules(before), withRules(after, more));
  return diff.decisions.flatMap((row) =>
    row.audiences.map((at) => {
      const who = audienceWords(diff.audiences[at] ?? { subject: { anyone: true }, agents: [] });
      const agents = (diff.audiences[at]?.agents ?? []).map((name) => `+${name}`).join('');
      const when = row.when === 'always' ? '' : `, ${row.when}`;
      return `${who}${agents} ${row.scopes.join()}: ${changeWords(row)}${when}`;
    }),
  );
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
      audiences: [],
      decisions: [],
      assumed: { situations: [], complete: true, notes: [] },
      widens: [],
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
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
    expect(changes(rule)).toEqual(['team platform prod:read: gained, a verified ticket']);
  });

  test('lost, for a team and for the agents in it', () => {
    expect(changes('')).toEqual(['team support+bot stage:read: lost']);
  });

  test('removing a permit can loosen terms', () => {
    const both = `${BEFORE}\n@id("asks") @approvals("1") permit (principal, action == Action::"read", resource in Resource::"stage");`;
    expect(changes(BEFORE, {}, both)).toEqual([
      'team support+bot stage:read: weaker approvals',
      'any agent stage:read: lost',
    ]);
  });

  test('a shorter max_ttl changes the terms', () => {
    const shorter = { 'resources/stage.yaml': resource('stage', 'staging').replace('30m', '5m') };
    expect(changes(BEFORE, shorter)).toEqual(['team support+bot stage:read: shorter']);
  });

  test('an agent that joins a team gains what the team has', () => {
    const agents = (teams: string) =>
      `teams: [support, platform]\nagents: [{ name: bot, owner: a@b.c, teams: [${teams}], jwks: { keys: [] } }]`;
    const before = withRules(BEFORE, { 'agents.yaml': agents('platform') });
    const after = withRules(BEFORE, { 'agents.yaml': agents('platform, support') });
    const { audiences, decisions, agents: named } = diffBundles(before, after);
    expect(named.changed).toEqual(['bot']);
    expect(audiences).toEqual([{ subject: { agent: 'bot' }, agents: ['bot'] }]);
    expect(decisions).toMatchObject([{ audiences: [0], change: 'gained', scopes: ['stage:read'] }]);
  });

  test('a forbid takes away, and moving a resource to another environment moves what rules say', () => {
    expect(
      changes(`${BEFORE}\n@id("no") forbid (principal, action, resource in Resource::"stage");`),
    ).toEqual(['team support+bot stage:read: lost']);
    expect(changes(BEFORE, { 'resources/prod.yaml': resource('prod', 'staging') })).toEqual([
      'team support+bot prod:read: gained',
    ]);
  });
});
