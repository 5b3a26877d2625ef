import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  crash,
  type Crashing,
  expectEmpty,
  expectNothingUnknown,
  expectSettled,
  record,
  sweep,
} from './points.ts';
import { openStage, type Stage } from './stage.ts';

/** The cascade of another process got as far as its first transaction: it is the jobs' to finish. */
const SWEEPING: Crashing = {
  verb: 'sweep what is left',
  input: async (stage) => {
    const input = await stage.withLease();
    await stage.beginEnding(input.task);
    return input;
  },
};

describe('promise 5: a crash of whoever cleans up after a crash', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  it('kill -9 before and after every port call of the jobs', { timeout: 300_000 }, async () => {
    const points = await record(stage, SWEEPING);
    expect(points.length).toBeGreaterThan(10);
    // One after the other: two that sweep at once would do each other's work.
    for (const [index, killAt] of points.entries()) await crash(stage, SWEEPING, index, killAt);
    await expectNothingUnknown(stage);
    await sweep(stage);
    await expectSettled(stage);
    await stage.revokeAll();
    await sweep(stage);
    await expectEmpty(stage);
    console.log(`crash matrix: ${points.length} points of the sweeper crossed`);
  });
});
