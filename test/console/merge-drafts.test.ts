import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changedPaths,
  type Files,
  mergeDrafts,
} from '../../src/console/pages/policy/merge-drafts.ts';

const files = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.constantFrom('one', 'two', 'three'),
  { noNullPrototype: true },
);
const touched = (before: Files, after: Files) => new Set(changedPaths(before, after));

describe('two drafts of one bundle', () => {
  it('keep every change of either side, and name what both changed otherwise', () => {
    fc.assert(
      fc.property(files, files, files, (base, mine, theirs) => {
        const merged = mergeDrafts(base, mine, theirs);
        const [here, there] = [touched(base, mine), touched(base, theirs)];
        for (const path of ['a', 'b', 'c', 'd']) {
          const wanted = here.has(path) || !there.has(path) ? mine[path] : theirs[path];
          expect(merged.files[path]).toBe(wanted);
          const both = here.has(path) && there.has(path) && mine[path] !== theirs[path];
          expect(merged.conflicts.includes(path)).toBe(both);
        }
      }),
    );
  });
  it('are the other side where nothing was changed here, and this one where nothing was there', () => {
    fc.assert(
      fc.property(files, files, (base, other) => {
        expect(mergeDrafts(base, base, other).files).toEqual(other);
        expect(mergeDrafts(base, other, base).files).toEqual(other);
        expect(mergeDrafts(base, other, other).conflicts).toEqual([]);
      }),
    );
  });
});
