import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inParallel } from './children.ts';
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

/** Children at once; what they wait for is mostly the second between two counts of zero. */
const AT_ONCE = 4;
const TIMEOUT = 300_000;

const VERBS: readonly Crashing[] = [
  { verb: 'issue', statements: true, input: (stage) => stage.withToken() },
  {
    verb: 'issue once more',
    input: async (stage, nth) => {
      const key = `again-${nth}`;
      return { ...(await stage.withLease(undefined, key)), key };
    },
  },
  { verb: 'revoke the lease', statements: true, input: (stage) => stage.withLease() },
  { verb: 'close the task', input: (stage) => stage.withLease() },
  {
    verb: 'revoke the agent',
    input: async (stage) => {
      const agent = await stage.newAgent();
      return { ...(await stage.withLease(agent)), agent: agent.id };
    },
  },
];

describe('promise 5: a crash at any point leaves nothing that the broker does not know', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  it('kill -9 before and after every port call of issue and revoke', {
    timeout: TIMEOUT,
  }, async () => {
    const crashes: { crashing: Crashing; nth: number; killAt: string }[] = [];
    await inParallel(VERBS, AT_ONCE, async (crashing) => {
      const points = await record(stage, crashing);
      expect(points.length, crashing.verb).toBeGreaterThan(10);
      crashes.push(...points.map((killAt, index) => ({ crashing, nth: index + 1, killAt })));
    });
    await inParallel(crashes, AT_ONCE, ({ crashing, nth, killAt }) =>
      crash(stage, crashing, nth, killAt),
    );
    await expectNothingUnknown(stage);
    await sweep(stage);
    await expectSettled(stage);
    await stage.revokeAll();
    await sweep(stage);
    await expectEmpty(stage);
    console.log(`crash matrix: ${crashes.length} points of issue and revoke crossed`);
  });
});
