import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.ts';

const LIMITS = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 15_000 } },
} as const;

/**
 * Files that share a process, one after the other, and with it the loaded modules: loading them costs
 * more than most of these tests do. They start no programs, change nothing that is everybody's, and end
 * what they start.
 */
const TOGETHER = [
  'test/{api,audit,keys,sdk,standards}/*.test.ts',
  // That one looks at the memory of its process.
  'test/policy/!(slice-pool).test.ts',
];

/** `npm run screenshots` takes pictures instead of testing. */
const APART = [process.env['SCREENSHOTS'] ? 'test/screenshots/*.ts' : 'test/**/*.test.ts'];

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    // Its own default is one less than there are cores, and a file mostly waits, for servers and for programs.
    maxWorkers: Math.max(2, Math.min(availableParallelism(), 8)),
    sequence: { sequencer: LongestFirst },
    teardownTimeout: 60_000,
    reporters: ['./test/support/reporter.ts'],
    projects: [
      {
        test: { ...LIMITS, name: 'apart', include: APART, exclude: TOGETHER },
      },
      { test: { ...LIMITS, name: 'together', include: TOGETHER, isolate: false } },
    ],
  },
});
