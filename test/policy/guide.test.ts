import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadBundle } from '../../src/policy/load.ts';
import { validateBundle } from '../../src/policy/validate.ts';
import { problemsOf } from './bundle-fixture.ts';

const GUIDE = readFileSync(new URL('../../docs/policy-guide.md', import.meta.url), 'utf8');

/** Every yaml and cedar block of the guide, by the path in its first line. */
function examples(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [, language, text = ''] of GUIDE.matchAll(/^```(yaml|cedar)\n(.*?)^```$/gms)) {
    const path = /^(?:#|\/\/) (\S+)\n/.exec(text)?.[1];
    if (!path) throw new Error(`a ${language} block does not name its file: ${text.slice(0, 40)}`);
    files[path] = text;
  }
  return files;
}

test('the examples of the policy guide are one bundle, and its cases pass', () => {
  const files = examples();
  expect(Object.keys(files).sort()).toEqual([
    'agents.yaml',
    'environments.yaml',
    'groups.yaml',
    'resources/orders-db.yaml',
    'rules/orders.cedar',
    'tests/orders.yaml',
  ]);
  expect(problemsOf(files)).toEqual([]);
  const { warnings, tests } = validateBundle(loadBundle(files), () => []);
  expect(warnings).toEqual([]);
  expect(tests.length).toBe(4);
});

test('the guide names every annotation', () => {
  const rule = '@id("x") @nonsense("x") permit (principal, action, resource);';
  const [problem = ''] = problemsOf({ 'rules/x.cedar': rule });
  const known = problem.match(/@[a-z]+/g)?.filter((it) => it !== '@nonsense') ?? [];
  expect(known.length).toBe(8);
  for (const annotation of known) expect(GUIDE).toContain(`\`${annotation}(`);
});
