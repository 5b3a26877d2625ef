import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest, in the order of its start. Neighbours wait for different things. */
const LONGEST = [
  'test/crash/matrix.test.ts',
  'test/platform/embedded-postgres.test.ts',
  'test/container/container.test.ts',
  'test/crash/downstream-killed.test.ts',
  'test/demo/demo.test.ts',
  'test/crash/rotation.test.ts',
  'test/simulation/day.test.ts',
  'test/crash/late.test.ts',
  'test/attack/deployment.test.ts',
  'test/review/narrowing.test.ts',
  'test/providers/sandbox/issue.test.ts',
  'test/providers/sandbox/suite.test.ts',
  'test/attack/postgresql.test.ts',
  'test/providers/watch.test.ts',
];

/** A long file that starts last is waited for by workers with nothing to do. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const ranks = new Map(LONGEST.map((name, rank) => [resolve(name), rank]));
    for (const path of ranks.keys()) {
      if (!existsSync(path)) throw new Error(`${path} is among the longest tests, and not there`);
    }
    // Files that share a process do so only while they follow each other.
    const rank = ({ moduleId, project }: TestSpecification) =>
      ranks.get(moduleId) ?? ranks.size + (project.config.isolate ? 0 : 1);
    // Those of the same rank stay as they are.
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
