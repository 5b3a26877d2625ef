import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { roleNames } from '../../src/providers/postgres/names.ts';
import { regexesIn, stuckOf } from './regexes.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

describe('patterns', () => {
  it('are linear, every one in the sources and those of the schema library', async () => {
    const { regexes, made } = await regexesIn(SRC);
    expect(regexes.length).toBeGreaterThan(60);
    // Those put together from strings cannot be seen there: their forms stand here.
    const NAMES = 'providers/postgres/names.ts';
    expect(made.sort()).toEqual(['policy/load-rules.ts', NAMES, NAMES]);
    const { leasePattern, groupPattern, templatePattern, readerPattern } = roleNames('ab12cd34');
    const composed = [
      '@\\s*approvers\\b',
      leasePattern,
      groupPattern,
      templatePattern,
      readerPattern,
    ].map((source) => ({ source, flags: '' }));
    const library = [z.regexes.email, z.regexes.hostname].map(({ source, flags }) => ({
      source,
      flags,
    }));
    expect(await stuckOf([...regexes, ...composed, ...library])).toEqual([]);
  }, 60_000);

  it('are seen to be stuck where they are not', async () => {
    const bad = ['^(a+)+$', 'x*x*x*y'].map((source) => ({ source, flags: '' }));
    const stuck = await stuckOf(bad);
    expect(stuck.map(({ source }) => source)).toEqual(bad.map(({ source }) => source));
  }, 60_000);
});
