import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}
type Packages = Readonly<Record<string, Locked>>;

const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const { packages } = JSON.parse(text) as { packages: Packages };

/** What `require` would find from `from`: the nearest node_modules upwards. */
function resolve(all: Packages, from: string, name: string): Locked | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const found = all[`${at}${at === '' ? '' : '/'}node_modules/${name}`];
    if (found || at === '') return found;
  }
}

/** Optional dependencies that the lock does not hold in the version asked for: `npm ci` fails on them. */
function missing(all: Packages): string[] {
  return Object.entries(all).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name, range]) => {
        const version = resolve(all, path, name)?.version;
        return version === undefined || (/^\d/.test(range) && version !== range);
      })
      .map(([name, range]) => `${path || 'package.json'} wants ${name}@${range}`),
  );
}

test('every optional dependency of every locked package is locked too, for all systems', () => {
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  expect(Object.values(packages).some((one) => one.optionalDependencies)).toBe(true);
  expect(missing(packages)).toEqual([]);
});

test('a lock without them, or with another version of them, is noticed', () => {
  const optionalDependencies = { 'x-linux': '1.0.0', 'x-darwin': '1.0.0' };
  const lock: Packages = {
    'node_modules/x': { optionalDependencies },
    'node_modules/x/node_modules/x-linux': { version: '1.0.0' },
    'node_modules/x-darwin': { version: '2.0.0' },
  };
  expect(missing(lock)).toEqual(['node_modules/x wants x-darwin@1.0.0']);
});

test('the lock names no registry, and pins every package by its content', () => {
  expect(text).not.toContain('"resolved"');
  expect(text).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  const loose = Object.entries(packages).filter(([path, one]) => path !== '' && !one.integrity);
  expect(loose.map(([path]) => path)).toEqual([]);
});

test('our own dependencies are pinned to exact versions', () => {
  const { dependencies, devDependencies, optionalDependencies } = packages[''] ?? {};
  const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
  expect(Object.keys(all).length).toBeGreaterThan(20);
  const ranged = Object.entries(all).filter(([, range]) => !/^(npm:.+@)?\d+\.\d+\.\d+/.test(range));
  expect(ranged).toEqual([]);
});
