import { expect, test } from 'vitest';
import { sourcePaths, sources } from './source-files.ts';

const LIMIT = 250;
const VAGUE = ['util', 'utils', 'helper', 'helpers', 'common', 'service', 'services', 'manager'];

const lineCount = (text: string) => text.trimEnd().split('\n').length;
const isVague = (path: string) =>
  path
    .replace(/\.[a-z.]+$/i, '')
    .toLowerCase()
    .split(/[/._-]/)
    .some((word) => VAGUE.includes(word));

test(`no source file has more than ${LIMIT} lines`, () => {
  const long = [...sources()].filter(([, text]) => lineCount(text) > LIMIT);
  expect(sources().size).toBeGreaterThan(0);
  expect(long.map(([path, text]) => `${path}: ${lineCount(text)}`)).toEqual([]);
});

test('no folder or file has a name that says nothing', () => {
  expect(sourcePaths().filter(isVague)).toEqual([]);
  expect(
    ['store/utils.ts', 'helpers/a.ts', 'api/token-service.ts', 'a/Common.ts'].every(isVague),
  ).toBe(true);
  expect(isVague('classify/resource-servers.ts')).toBe(false);
});
