import { describe, expect, test } from 'vitest';
import { files, problemsOf, resource } from './bundle-fixture.ts';

const GOOD = `@id("good")
permit (principal in Team::"support", action == Action::"read", resource in Environment::"staging");
`;

/** What YAML files are refused for: files to change, and the first problem. */
const REFUSALS: [name: string, change: Record<string, string>, problem: RegExp][] = [
  [
    'a failing test',
    {
      'rules/r.cedar': GOOD,
      'tests/t.yaml':
        '- { name: fine, agent: bot, scope: "stage:read", expect: { decision: allow } }\n- name: wrong\n  agent: bot\n  scope: "prod:read"\n  expect: { decision: allow }\n',
    },
    /^tests\/t\.yaml:2 Test "wrong" failed: expected decision allow, got deny \(no_rule\)/,
  ],
  [
    'a failing test of terms',
    {
      'rules/r.cedar': GOOD,
      'tests/t.yaml':
        '- name: ttl\n  agent: bot\n  scope: "stage:read"\n  expect: { decision: allow, ttl: 5m }\n',
    },
    /^tests\/t\.yaml:1 Test "ttl" failed: expected ttl 5m, got 30m/,
  ],
  [
    'a test of an unknown scope',
    {
      'tests/t.yaml':
        '- name: x\n  agent: bot\n  scope: "prod:rea"\n  expect: { decision: deny }\n',
    },
    /^tests\/t\.yaml:3 Unknown scope prod:rea/,
  ],
  [
    'a test of an unknown agent',
    {
      'tests/t.yaml':
        '- name: x\n  scope: "prod:read"\n  agent: bott\n  expect: { decision: deny }\n',
    },
    /^tests\/t\.yaml:3 Unknown agent bott/,
  ],
  [
    'an unknown key',
    {
      'environments.yaml':
        'environments:\n  production:\n    protected: true\n    protekted: false\n',
    },
    /^environments\.yaml:4 Unknown key "protekted" in environments\.production/,
  ],
  [
    'an unknown key at the top',
    { 'groups.yaml': 'groups: {}\nteams: []\n' },
    /^groups\.yaml:2 Unknown key "teams" in this file/,
  ],
  [
    'a missing key',
    { 'environments.yaml': 'environments:\n  production: {}\n' },
    /^environments\.yaml:2 environments\.production\.protected: /,
  ],
  [
    'a wrong type',
    { 'environments.yaml': 'environments:\n  production:\n    protected: "yes"\n' },
    /^environments\.yaml:3 environments\.production\.protected: /,
  ],
  [
    'a key given twice',
    {
      'environments.yaml':
        'environments:\n  staging: { protected: true }\n  staging: { protected: false }\n',
    },
    /^environments\.yaml:3 YAML: Map keys must be unique/,
  ],
  [
    'YAML that does not parse',
    { 'groups.yaml': 'groups:\n  dba: { members: [\n' },
    /^groups\.yaml:3 YAML: /,
  ],
  [
    'an anchor',
    { 'groups.yaml': 'groups:\n  dba: &x { members: [] }\n' },
    /^groups\.yaml:2 YAML anchors, aliases and tags/,
  ],
  ['a tag', { 'groups.yaml': 'groups: !!map\n  dba: { members: [] }\n' }, /^groups\.yaml:\d YAML/],
  ['two documents', { 'groups.yaml': 'groups: {}\n---\ngroups: {}\n' }, /^groups\.yaml:\d YAML: /],
  [
    'an undeclared team',
    {
      'agents.yaml':
        'teams: [support]\nagents:\n  - name: bot\n    owner: dana@example.com\n    teams:\n      - support\n      - ops\n    jwks: { keys: [] }\n',
    },
    /^agents\.yaml:7 Unknown team ops/,
  ],
  [
    'an agent declared twice',
    {
      'agents.yaml':
        'agents:\n  - { name: bot, owner: a@b.c, jwks: { keys: [] } }\n  - { name: bot, owner: a@b.c, jwks: { keys: [] } }\n',
    },
    /^agents\.yaml:3 Agent bot is declared twice/,
  ],
  [
    'an agent without keys',
    { 'agents.yaml': 'agents:\n  - { name: bot, owner: a@b.c }\n' },
    /^agents\.yaml:2 agents\.0: wants either jwks or jwks_uri/,
  ],
  [
    'a private key',
    {
      'agents.yaml':
        'agents:\n  - name: bot\n    owner: a@b.c\n    jwks:\n      keys:\n        - { kty: OKP, crv: Ed25519, x: AA, d: SECRET }\n',
    },
    /^agents\.yaml:6 agents\.0\.jwks\.keys\.0: holds private key material/,
  ],
  [
    'a resource defined twice',
    { 'resources/again.yaml': resource('stage', 'staging') },
    /^resources\/stage\.yaml:1 Resource stage is also in resources\/again\.yaml/,
  ],
  [
    'an unknown environment',
    { 'resources/prod.yaml': resource('prod', 'prodution') },
    /^resources\/prod\.yaml:3 Unknown environment prodution/,
  ],
  [
    'an unknown effect',
    {
      'resources/prod.yaml': resource('prod', 'production').replace('effect: read', 'effect: peek'),
    },
    /^resources\/prod\.yaml:9 scopes\.read\.effect: /,
  ],
  [
    'an unknown key in a scope',
    {
      'resources/prod.yaml': resource('prod', 'production').replace(
        'postgres: {}',
        'postgress: {}',
      ),
    },
    /^resources\/prod\.yaml:11 Unknown key "postgress"/,
  ],
  [
    'an unknown gap',
    {
      'resources/prod.yaml': resource('prod', 'production').replace(
        'scopes:',
        '  accept: [everything]\nscopes:',
      ),
    },
    /^resources\/prod\.yaml:7 connection\.accept\.0: /,
  ],
  [
    'a bad duration',
    { 'resources/prod.yaml': resource('prod', 'production').replace('30m', 'soon') },
    /^resources\/prod\.yaml:10 scopes\.read\.max_ttl: wants a duration/,
  ],
  [
    'a name with a colon',
    { 'resources/prod.yaml': resource('prod', 'production').replace('  read:', '  "re:ad":') },
    /^resources\/prod\.yaml:8 scopes\.re:ad: /,
  ],
  [
    'a catalogue',
    { 'catalogs/railway.yaml': '{}' },
    /^catalogs\/railway\.yaml:1 catalogs\/ is not supported by this version/,
  ],
  ['an unknown file', { 'rules/x.rego': '' }, /^rules\/x\.rego:1 Not a policy file/],
  ['a path that climbs', { '../rules/x.cedar': '' }, /^\.\.\/rules\/x\.cedar:1 Not a policy file/],
];

describe('a bundle is refused whole, with file and line', () => {
  test.each(REFUSALS)('%s', (_name, change, problem) => {
    const problems = problemsOf(files(change));
    expect(problems[0]).toMatch(problem);
  });

  test('the bundle these are made from is accepted', () => {
    expect(problemsOf(files({ 'rules/r.cedar': GOOD }))).toEqual([]);
  });

  test('every problem is told, in the order of files and lines', () => {
    const rules =
      '@id("a") @ttl("x")\npermit (principal, action, resource);\n@tl("x") permit (principal, action, resource);';
    const problems = problemsOf(files({ 'rules/r.cedar': rules, 'groups.yaml': 'group: {}' }));
    expect(problems.map((it) => it.split(' ')[0])).toEqual([
      'groups.yaml:1',
      'groups.yaml:1',
      'rules/r.cedar:1',
      'rules/r.cedar:3',
      'rules/r.cedar:3',
    ]);
  });

  test('what a provider says about a scope, at the scope', () => {
    const problems = problemsOf(files(), (resource, scope) =>
      scope.id === 'prod:read' && resource.environment.protected
        ? ['grants INSERT, which is more than read.']
        : [],
    );
    expect(problems).toEqual([
      'resources/prod.yaml:8 prod:read: grants INSERT, which is more than read.',
    ]);
  });

  test('a value that may be a secret is never repeated', () => {
    const written = resource('prod', 'production').replace(
      '{ secret: prod/admin-url }',
      'postgres://root:hunter2@db/x',
    );
    const broken = resource('prod', 'production').replace(
      '{ secret: prod/admin-url }',
      '{ secret: "hunter2: }',
    );
    const odd = resource('prod', 'production').replace('prod/admin-url', 'hunter2 with spaces');
    for (const text of [written, broken, odd]) {
      const problems = problemsOf(files({ 'resources/prod.yaml': text }));
      expect(problems[0]).toMatch(/^resources\/prod\.yaml:\d+ /);
      expect(problems.join()).not.toContain('hunter2');
    }
  });
});
