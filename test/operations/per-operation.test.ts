import { expect, it } from 'vitest';
import { isPerOperation } from '../../src/domain/operation.ts';

const at = (isProtected: boolean) => ({
  kind: 'postgres',
  environment: { name: 'somewhere', protected: isProtected },
});

it.each([
  ['read', true, undefined, false],
  ['read', false, undefined, false],
  ['write', true, undefined, true],
  ['write', false, undefined, false],
  ['write', true, 'login', false],
  ['destroy', true, undefined, true],
  ['destroy', true, 'login', true],
  ['destroy', false, 'login', true],
  ['sandbox', false, undefined, false],
] as const)(
  'effect %s, protected %s, mode %s: per operation is %s',
  (effect, isProtected, mode, expected) => {
    const terms = mode ? { mode } : {};
    expect(isPerOperation(at(isProtected), { effect }, terms)).toBe(expected);
  },
);

it('concerns what the broker itself can run', () => {
  const vault = { ...at(true), kind: 'vault' };
  expect(isPerOperation(vault, { effect: 'write' }, {})).toBe(false);
});
