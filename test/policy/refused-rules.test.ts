import { describe, expect, test } from 'vitest';
import { files, problemsOf } from './bundle-fixture.ts';

const GOOD = `@id("good")
permit (principal in Team::"support", action == Action::"read", resource in Environment::"staging");
`;

/** Each line of the contract's list, and what the schemas add: files to change, and the first problem. */
const REFUSALS: [name: string, change: Record<string, string>, problem: RegExp][] = [
  [
    'Cedar that does not parse',
    { 'rules/r.cedar': `${GOOD}\n@id("x")\npermit (principal,\n  action resource);` },
    /^rules\/r\.cedar:6 Cedar: unexpected token/,
  ],
  ['text after the last rule', { 'rules/r.cedar': `${GOOD}permit` }, /^rules\/r\.cedar:3 Cedar: /],
  [
    'a template',
    { 'rules/r.cedar': '@id("x")\npermit (principal == ?principal, action, resource);' },
    /^rules\/r\.cedar:2 Cedar: .*template/,
  ],
  [
    'an unknown action',
    { 'rules/r.cedar': '@id("x")\npermit (principal,\n action == Action::"reed", resource);' },
    /^rules\/r\.cedar:3 Cedar: unrecognized action/,
  ],
  [
    'an unknown entity type',
    {
      'rules/r.cedar':
        '@id("x")\npermit (principal in Tem::"a", action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:2 Cedar: unrecognized entity type/,
  ],
  [
    'an unknown fact',
    {
      'rules/r.cedar':
        '@id("x")\npermit (principal, action == Action::"read", resource)\nwhen {\n  context.weather };',
    },
    /^rules\/r\.cedar:4 Cedar: attribute `weather`/,
  ],
  [
    'an optional fact used unguarded',
    {
      'rules/r.cedar':
        '@id("x")\npermit (principal, action == Action::"read", resource)\nwhen { context.task.verified_ticket == "A" };',
    },
    /^rules\/r\.cedar:3 Cedar: unable to guarantee/,
  ],
  [
    'a type error',
    {
      'rules/r.cedar':
        '@id("x")\npermit (principal, action == Action::"read", resource) when { context.time.hour == "9" };',
    },
    /^rules\/r\.cedar:2 Cedar: /,
  ],
  [
    'an unknown annotation',
    {
      'rules/r.cedar': `${GOOD}\n@id("x")\n@tll("5m")\npermit (principal, action == Action::"read", resource);`,
    },
    /^rules\/r\.cedar:5 Unknown annotation @tll/,
  ],
  [
    'an annotation given twice',
    {
      'rules/r.cedar':
        '@id("x")\n@id("y")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:2 Cedar: duplicate annotation/,
  ],
  [
    'an annotation without value',
    { 'rules/r.cedar': '@id("x")\n@note\npermit (principal, action == Action::"read", resource);' },
    /^rules\/r\.cedar:2 @note wants/,
  ],
  [
    'a bad ttl',
    {
      'rules/r.cedar':
        '@id("x")\n@ttl("15 minutes")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:2 @ttl wants/,
  ],
  [
    'a ttl beyond a day',
    {
      'rules/r.cedar':
        '@id("x")\n@ttl("25h")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:2 @ttl wants/,
  ],
  [
    'a bad number of approvals',
    {
      'rules/r.cedar':
        '@id("x")\n@approvals("two")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:2 @approvals wants/,
  ],
  [
    'a negative number of approvals',
    {
      'rules/r.cedar':
        '@id("x")\n@approvals("-1")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:2 @approvals wants/,
  ],
  [
    'a bad number of leases',
    {
      'rules/r.cedar':
        '@id("x")\n@leases("0")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:2 @leases wants/,
  ],
  [
    'a bad mode',
    {
      'rules/r.cedar':
        '@id("x")\n@mode("shell")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:2 @mode wants/,
  ],
  [
    'a bad id',
    {
      'rules/r.cedar': '@id("Not A Name")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:1 @id wants/,
  ],
  [
    'a login that could destroy',
    {
      'rules/r.cedar':
        '@id("x") @mode("login") @approvals("1")\npermit (principal, action, resource);',
    },
    /^rules\/r\.cedar:1 @mode\("login"\) is for/,
  ],
  [
    'terms on a forbid',
    { 'rules/r.cedar': '@id("x")\n@ttl("5m")\nforbid (principal, action, resource);' },
    /^rules\/r\.cedar:2 @ttl means nothing on a forbid/,
  ],
  [
    'approvers nobody asks',
    {
      'rules/r.cedar':
        '@id("x")\n@approvers("dba")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:2 @approvers names who signs/,
  ],
  [
    'a rule without @id',
    { 'rules/r.cedar': `${GOOD}\npermit (principal, action == Action::"read", resource);` },
    /^rules\/r\.cedar:4 This rule has no @id/,
  ],
  [
    'an @id used twice',
    { 'rules/a.cedar': GOOD, 'rules/b.cedar': `\n${GOOD}` },
    /^rules\/b\.cedar:2 @id\("good"\) is already used at rules\/a\.cedar:1/,
  ],
  [
    'an unknown group',
    {
      'rules/r.cedar':
        '@id("x") @approvals("1") @approvers("dba, nobody")\npermit (principal, action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:1 .*unknown group nobody/,
  ],
  [
    'an agent by name',
    {
      'rules/r.cedar':
        '@id("x")\npermit (principal == Agent::"bot", action == Action::"read", resource);',
    },
    /^rules\/r\.cedar:1 A rule names an agent by its id/,
  ],
  [
    'a forbid about nothing known',
    {
      'rules/r.cedar':
        '@id("x")\nforbid (principal, action, resource in Environment::"prodution");',
    },
    /^rules\/r\.cedar:1 .*Environment::"prodution", which is unknown/,
  ],
  [
    'a forbid that can never match',
    { 'rules/r.cedar': '@id("x")\nforbid (principal, action, resource == Resource::"prod");' },
    /^rules\/r\.cedar:1 Cedar: /,
  ],
  [
    'a write permit in production',
    {
      'rules/r.cedar':
        '@id("x")\npermit (principal, action == Action::"write", resource in Environment::"production");',
    },
    /^rules\/r\.cedar:1 Permit x may match write in the protected environment production/,
  ],
];

describe('rules are refused, with file and line', () => {
  test.each(REFUSALS)('%s', (_name, change, problem) => {
    const problems = problemsOf(files(change));
    expect(problems[0]).toMatch(problem);
  });
});
