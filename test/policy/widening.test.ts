import { describe, expect, test } from 'vitest';
import { diffBundles } from '../../src/policy/diff.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import { protectedReach, reachBeyondAnyone } from '../../src/policy/reach.ts';
import { files, FILES, resource } from './bundle-fixture.ts';

const RULES = `@id("reads") @ttl("10m")
permit (principal in Team::"support", action == Action::"read", resource in Environment::"production");
@id("writes") @ttl("5m") @approvals("2") @approvers("dba")
permit (principal, action == Action::"write", resource in Environment::"production");
@id("staging") @ttl("10m")
permit (principal in Team::"support", action == Action::"read", resource in Environment::"staging");`;
const SANDBOX = `resource: box
kind: postgres
environment: staging
owner: dana@example.com
connection: { url: { secret: box/admin-url } }
scopes: { try: { effect: sandbox, sandbox: { template: shop, max_size: 1GB } } }
templates: { shop: { source: prod, personal: [], masking: { public.customers: { id: keep, email: null } } } }
`;
const BASE = files({ 'rules/rules.cedar': RULES, 'resources/box.yaml': SANDBOX });

/** What a change of some files widens, as `kind: text`. */
function widened(change: Record<string, string>, base: Record<string, string> = BASE): string[] {
  const { widens } = diffBundles(loadBundle(base), loadBundle({ ...base, ...change }));
  return widens.map(({ kind, text }) => `${kind}: ${text}`);
}
const rules = (edit: (text: string) => string) => ({ 'rules/rules.cedar': edit(RULES) });
const prod = (edit: (text: string) => string) => ({
  'resources/prod.yaml': edit(resource('prod', 'production')),
});
const agents = (listed: string) => ({
  'agents.yaml': `teams: [support, platform]\nagents: [${listed}]`,
});
const agent = (name: string, team: string, owner = 'dana@example.com') =>
  `{ name: ${name}, owner: ${owner}, teams: [${team}], jwks: { keys: [] } }`;

describe('what widens a protected environment', () => {
  test.each([
    [
      'somebody gains',
      rules((text) =>
        text.replace(
          'Team::"support", action == Action::"read", resource in Environment::"production"',
          'Team::"platform", action == Action::"read", resource in Environment::"production"',
        ),
      ),
      ['access: team platform: prod:change, prod:read (read): gained: deny → allow, 10m'],
    ],
    [
      'a longer ttl',
      rules((text) => text.replace('@ttl("5m")', '@ttl("6m")')),
      [
        'terms: any agent, team support: prod:change (write): longer: 2 approvals of dba, 5m → 2 approvals of dba, 6m',
      ],
    ],
    [
      'fewer approvals',
      rules((text) => text.replace('@approvals("2")', '@approvals("1")')),
      [
        'terms: any agent, team support: prod:change (write): weaker approvals: 2 approvals of dba, 5m → 1 approval of dba, 5m',
      ],
    ],
    [
      'approvals of another group',
      rules((text) => text.replace('"dba"', '"security"')),
      [
        'terms: any agent, team support: prod:change (write): other approvals: 2 approvals of dba, 5m → 2 approvals of security, 5m',
      ],
    ],
    [
      'more leases',
      rules((text) => text.replace('@id("writes")', '@id("writes") @leases("2")')),
      [
        'terms: any agent, team support: prod:change (write): more leases: 2 approvals of dba, 5m → 2 approvals of dba, 5m, 2 leases',
      ],
    ],
    [
      'a login',
      rules((text) => text.replace('@id("writes")', '@id("writes") @mode("login")')),
      [
        'terms: any agent, team support: prod:change (write): a login: 2 approvals of dba, 5m → 2 approvals of dba, 5m, a login',
      ],
    ],
    [
      'the end of protection',
      {
        'environments.yaml':
          'environments: { production: { protected: false }, staging: { protected: false } }',
      },
      ['environment: production is no longer protected'],
    ],
    [
      'a resource that leaves',
      prod((text) => text.replace('environment: production', 'environment: staging')),
      ['resource: prod leaves the protected environment production'],
    ],
    [
      'another connection',
      prod((text) => text.replace('prod/admin-url', 'prod/other-url')),
      ['connection: prod: connects with prod/other-url, was prod/admin-url'],
    ],
    [
      'an accepted gap',
      prod((text) => text.replace('admin-url }', 'admin-url }\n  accept: [public-temp]')),
      ['connection: prod: accepts the gap public-temp'],
    ],
    [
      'the same key under another name, where nothing is protected',
      {
        'resources/door.yaml': resource('door', 'staging').replace(
          'door/admin-url',
          'prod/admin-url',
        ),
      },
      ['connection: door connects with prod/admin-url, which opens prod'],
    ],
    [
      'a scope that grants something else',
      prod((text) => text.replace('postgres: {}', 'postgres: { connections: 9 }')),
      ['scope: prod:read grants something else than before'],
    ],
    [
      'another mask of a copy of protected data',
      { 'resources/box.yaml': SANDBOX.replace('email: null', 'email: keep') },
      ['template: box: template shop of prod is masked in another way'],
    ],
    [
      'another approver',
      {
        'groups.yaml':
          'groups: { dba: { members: [dana@example.com, omar@example.com] }, security: { oidc: security-team } }',
      },
      ['group: omar@example.com may approve as dba'],
    ],
    [
      'a group that the identity provider fills',
      { 'groups.yaml': 'groups: { dba: { oidc: dba }, security: { oidc: security-team } }' },
      ['group: whoever the identity provider has in dba may approve as dba'],
    ],
    [
      'another owner',
      agents(agent('bot', 'support', 'omar@example.com')),
      ['owner: dana@example.com no longer owns bot, and may approve what it asks for'],
    ],
    [
      'a new agent in a team with access',
      agents(`${agent('bot', 'support')}, ${agent('helper', 'support')}`),
      ['access: new agent helper: prod:change, prod:read (read): gained: deny → allow, 10m'],
    ],
  ])('%s', (_, change, expected) => {
    expect(widened(change)).toEqual(expected);
  });

  test.each([
    ['a shorter ttl', rules((text) => text.replace('@ttl("5m")', '@ttl("4m")'))],
    ['more approvals', rules((text) => text.replace('@approvals("2")', '@approvals("3")'))],
    ['a rule less', rules((text) => text.split('\n').slice(2).join('\n'))],
    [
      'what is gained in staging',
      rules((text) =>
        text.replace(
          'Team::"support", action == Action::"read", resource in Environment::"staging"',
          'Team::"platform", action == Action::"read", resource in Environment::"staging"',
        ),
      ),
    ],
    [
      'another connection in staging',
      {
        'resources/stage.yaml': resource('stage', 'staging').replace(
          'stage/admin-url',
          'other/admin-url',
        ),
      },
    ],
    [
      'an approver less',
      { 'groups.yaml': 'groups: { dba: { members: [] }, security: { oidc: security-team } }' },
    ],
    [
      'a member of a group that no rule names',
      {
        'groups.yaml':
          'groups: { dba: { members: [dana@example.com] }, security: { oidc: everybody } }',
      },
    ],
    [
      'a new agent that gets what any agent gets',
      agents(`${agent('bot', 'support')}, ${agent('helper', 'platform')}`),
    ],
    ['an agent less', agents('')],
    [
      'a description',
      prod((text) => text.replace('effect: read', 'effect: read\n    description: All of it')),
    ],
    [
      'more protection',
      {
        'environments.yaml':
          'environments: { production: { protected: true }, staging: { protected: true } }',
      },
    ],
  ])('not: %s', (_, change) => {
    expect(widened(change)).toEqual([]);
  });

  test('only in some situations: still', () => {
    const ticket = rules((text) =>
      text.replace(
        'resource in Environment::"production");',
        'resource in Environment::"production") when { context.task has verified_ticket };',
      ),
    );
    expect(
      widened(
        rules((text) => text),
        { ...BASE, ...ticket },
      ),
    ).toEqual([
      'access: team support: prod:change, prod:read (read): gained: deny → allow, 10m, no verified ticket',
    ]);
  });

  test('removing a permit can loosen what another grants', () => {
    const both = rules(
      (text) =>
        `${text}\n@id("more") @approvals("1") permit (principal, action == Action::"read", resource in Resource::"prod");`,
    );
    expect(
      widened(
        rules((text) => text),
        { ...BASE, ...both },
      ),
    ).toEqual([
      'terms: team support: prod:change, prod:read (read): weaker approvals: 1 approval of anybody, 10m → allow, 10m',
    ]);
  });

  test('an agent that joins a team', () => {
    const before = { ...BASE, ...agents(agent('bot', 'platform')) };
    expect(widened(agents(agent('bot', 'support')), before)).toEqual([
      'access: agent bot: prod:change, prod:read (read): gained: deny → allow, 10m',
    ]);
  });

  test('the first bundle of all', () => {
    expect(widened(BASE, {})).toContain(
      'access: team support: prod:change, prod:read (read): gained: deny → allow, 10m',
    );
  });
});

describe('what an agent of the API reaches', () => {
  const policy = compilePolicy(loadBundle(BASE));
  test('beyond any agent, by its teams', () => {
    expect(reachBeyondAnyone(policy, 'helper', ['support']).map(({ text }) => text)).toEqual([
      'new agent helper: prod:change, prod:read (read): gained: deny → allow, 10m',
    ]);
    expect(reachBeyondAnyone(policy, 'helper', ['platform'])).toEqual([]);
  });
  test('in protected environments at all', () => {
    expect(protectedReach(policy, { id: 'agt_x', teams: ['support'] })).toEqual([
      'prod:read',
      'prod:change',
    ]);
    expect(protectedReach(policy, { id: 'agt_x', teams: [] })).toEqual(['prod:change']);
    const nothing = compilePolicy(loadBundle(FILES));
    expect(protectedReach(nothing, { id: 'agt_x', teams: ['support'] })).toEqual([]);
  });
});

test('the digest is of what changes for whom: not of who is in a team today', () => {
  const [before, after] = [
    loadBundle(BASE),
    loadBundle({ ...BASE, ...rules((text) => text.replace('"10m"', '"11m"')) }),
  ];
  const known = (name: string, teams: string[]) => ({
    id: `agt_${name}`,
    name,
    teams,
    managedBy: 'api' as const,
    retired: false,
  });
  const digest = (...agents: ReturnType<typeof known>[]) =>
    diffBundles(before, after, agents).digest;
  expect(digest(known('x', ['support']))).toBe(digest());
  expect(digest(known('x', ['platform']))).toBe(digest());
  expect(diffBundles(after, before).digest).not.toBe(digest());
});
