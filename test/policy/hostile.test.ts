import { describe, expect, test } from 'vitest';
import { cedarGeneration } from '../../src/policy/cedar/engine.ts';
import { files, PLAIN, policyOf, problemsOf, SUPPORT } from './bundle-fixture.ts';

const READS_STAGING =
  '@id("ok") permit (principal, action == Action::"read", resource in Environment::"staging");';
const when = (condition: string) =>
  `@id("x") permit (principal, action == Action::"read", resource) when { ${condition} };`;

describe('hostile Cedar never reaches the parser', () => {
  const HOSTILE: [string, string, RegExp][] = [
    ['brackets', when(`${'('.repeat(5000)}true${')'.repeat(5000)}`), /Brackets nest deeper/],
    ['sets', when(`${'['.repeat(5000)}${']'.repeat(5000)} == []`), /Brackets nest deeper/],
    ['records', when(`${'{a:'.repeat(500)}1${'}'.repeat(500)} == {}`), /Brackets nest deeper/],
    [
      'conditionals',
      when(`${'if true then '.repeat(400)}true${' else true'.repeat(400)}`),
      /More than \d+ "if"/,
    ],
    ['a chain of &&', when(`${'true && '.repeat(1500)}true`), /operators in one rule/],
    ['a chain of dots', when(`context${'.a'.repeat(1500)}`), /operators in one rule/],
    ['negations', when(`${'!'.repeat(1500)}true`), /operators in one rule/],
    [
      'a deep chain',
      when(`${'context.time.hour > 0 && '.repeat(110)}true`),
      /condition nests too deeply/,
    ],
    ['many clauses', when(`${'true } when { '.repeat(200)}true`), /condition nests too deeply/],
    ['a long rule', when(`context.task.id == "${'x'.repeat(20_000)}"`), /longer than/],
    ['an endless string', '@id("x") permit (principal, action, resource) when { "', /Cedar: /],
    ['an endless comment', `${'/'.repeat(2000)}\n@id("x"`, /Cedar: /],
    [
      'nul bytes',
      '@id("x\0y") permit (principal, action == Action::"read", resource);',
      /Cedar: |@id wants/,
    ],
  ];

  test.each(HOSTILE)('%s', (_name, rule, problem) => {
    const before = cedarGeneration();
    const problems = problemsOf(files({ 'rules/r.cedar': rule }));
    expect(problems[0]).toMatch(problem);
    expect(cedarGeneration()).toBe(before);
  });

  test('what the limits let through neither breaks the parser nor the evaluation', () => {
    const before = cedarGeneration();
    const nested = `${'('.repeat(20)}${'if context.time.hour > 0 then true else '.repeat(20)}true${')'.repeat(20)}`;
    const chain = `${'context.time.hour > 0 && '.repeat(90)}true`;
    const set = `[${'1,'.repeat(3000)}1].contains(1)`;
    for (const condition of [nested, chain, set]) {
      const policy = policyOf(`${when(condition)}\n${READS_STAGING}`);
      const decision = policy.decide({ agent: SUPPORT, scope: 'stage:read', context: PLAIN });
      expect(decision).toMatchObject({ outcome: 'allow', rules: ['ok', 'x'] });
    }
    expect(cedarGeneration()).toBe(before);
  });

  test('a comment that ends at a lone carriage return hides no forbid', () => {
    const rules = `${READS_STAGING}\n// quiet\r@id("no") forbid (principal, action, resource);`;
    const policy = policyOf(rules);
    expect(policy.bundle.rules.map(({ id }) => id)).toEqual(['ok', 'no']);
  });

  test('a semicolon, a quote or a comment inside a string splits nothing', () => {
    const odd =
      '@id("a") @note("x; // \\" permit(")\npermit (principal, action == Action::"read", resource);';
    const policy = policyOf(`${odd}\n${READS_STAGING}`);
    expect(policy.bundle.rules.map(({ id, line }) => [id, line])).toEqual([
      ['a', 1],
      ['ok', 3],
    ]);
    expect(policy.bundle.rules[0]?.terms.note).toBe('x; // " permit(');
  });
});

test('a word that contains "if" is no conditional', () => {
  const chain = Array(30).fill('context.task has verified_ticket').join(' && ');
  expect(problemsOf(files({ 'rules/r.cedar': when(chain) }))).toEqual([]);
});

describe('hostile YAML', () => {
  test('an alias bomb', () => {
    const rows = Array.from(
      { length: 20 },
      (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}]`,
    );
    const bomb = `a0: &a0 [x]\n${rows.join('\n')}\n`;
    expect(problemsOf(files({ 'groups.yaml': bomb }))[0]).toMatch(/groups\.yaml:1 YAML anchors/);
  });

  test('depth', () => {
    const problems = problemsOf(files({ 'groups.yaml': `groups: ${'['.repeat(100_000)}` }));
    expect(problems[0]).toMatch(/^groups\.yaml:1 /);
  });

  test('size', () => {
    const large = `groups: {} #${'x'.repeat(3_000_000)}`;
    expect(problemsOf(files({ 'groups.yaml': large }))[0]).toMatch(/Larger than/);
  });

  test('names of JavaScript', () => {
    const text =
      'environments:\n  production: { protected: true }\n  staging: { protected: false }\n  __proto__: { protected: false }\n';
    expect(problemsOf(files({ 'environments.yaml': text }))[0]).toMatch(/^environments\.yaml:4 /);
    const constructor = text.replace('__proto__', 'constructor');
    expect(problemsOf(files({ 'environments.yaml': constructor }))).toEqual([]);
  });

  test('merge keys and custom tags', () => {
    const merged =
      'environments:\n  production: { protected: true }\n  staging:\n    <<: { protected: false }\n';
    expect(problemsOf(files({ 'environments.yaml': merged }))[0]).toMatch(
      /^environments\.yaml:\d /,
    );
    const tagged = 'environments: !!js/function "x"\n';
    expect(problemsOf(files({ 'environments.yaml': tagged }))[0]).toMatch(/^environments\.yaml:1 /);
  });

  test('half a surrogate pair', () => {
    expect(problemsOf(files({ 'groups.yaml': 'groups: {} # \ud800' }))[0]).toMatch(
      /not valid Unicode/,
    );
  });
});
