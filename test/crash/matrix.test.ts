import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWorker, inParallel, type Worker } from './children.ts';
import { crash, type Crashing, expectSweptClean, placesOf, record } from './points.ts';
import { logins, sandboxes } from './downstreams.ts';
import { openStage } from './stage.ts';
import { vaultLeases } from './vault-downstream.ts';

/** Children at once; what they wait for is mostly the second between two counts of zero. */
const AT_ONCE = 4;
const TIMEOUT = 300_000;

const VERBS: readonly Crashing[] = [
  { verb: 'issue', statements: true, input: (stage) => stage.withToken() },
  {
    verb: 'issue once more',
    input: (stage, nth) => stage.withLease(undefined, `again-${nth}`),
  },
  { verb: 'renew', statements: true, input: (stage) => stage.withLease() },
  { verb: 'revoke the lease', statements: true, input: (stage) => stage.withLease() },
  { verb: 'close the task', input: (stage) => stage.withLease() },
  {
    verb: 'revoke the agent',
    input: async (stage) => stage.withLease(await stage.newAgent()),
  },
];

/** The same for what no transaction protects: a database of its own, and what Vault makes. */
const OTHER_VERBS: readonly Crashing[] = [
  { verb: 'issue', statements: true, input: (stage) => stage.withToken() },
  { verb: 'renew', statements: true, input: (stage) => stage.withLease() },
  { verb: 'revoke the lease', statements: true, input: (stage) => stage.withLease() },
];

/** The cascade of another process got as far as its first transaction: it is the jobs' to finish. */
const SWEEPING: Crashing = {
  verb: 'sweep what is left',
  input: async (stage) => {
    const input = await stage.withLease();
    await stage.beginEnding(input.task);
    return input;
  },
};

describe.concurrent('promise 5: kill -9 leaves nothing that the broker does not know', () => {
  let worker: Worker;
  beforeAll(async () => {
    worker = await buildWorker();
  });
  afterAll(() => worker.remove());

  it.each([
    ['a login', logins, VERBS],
    ['a sandbox', sandboxes, OTHER_VERBS],
    ['what Vault makes', vaultLeases, OTHER_VERBS],
  ] as const)(
    'before and after every port call of issue, renew and revoke of %s',
    {
      timeout: TIMEOUT,
    },
    async (what, downstream, verbs) => {
      const stage = await openStage(downstream);
      let crossed = 0;
      const crashes: { crashing: Crashing; nth: number; killAt: string }[] = [];
      await inParallel(verbs, AT_ONCE, async (crashing) => {
        const points = await record(worker, stage, crashing);
        expect(points.length, crashing.verb).toBeGreaterThan(10);
        crossed += points.length;
        crashes.push(
          ...placesOf(points).map((killAt, index) => ({ crashing, nth: index + 1, killAt })),
        );
      });
      await inParallel(crashes, AT_ONCE, ({ crashing, nth, killAt }) =>
        crash(worker, stage, crashing, nth, killAt),
      );
      await expectSweptClean(worker, stage);
      console.log(`crash matrix: ${crossed} points of ${what} in ${crashes.length} crashes`);
      await stage.close();
    },
  );

  it('before and after every port call of the jobs that clean up', {
    timeout: TIMEOUT,
  }, async () => {
    const stage = await openStage();
    const points = await record(worker, stage, SWEEPING);
    expect(points.length).toBeGreaterThan(10);
    const places = placesOf(points);
    // One after the other: two that sweep at once would do each other's work.
    for (const [index, killAt] of places.entries()) {
      await crash(worker, stage, SWEEPING, index, killAt);
    }
    await expectSweptClean(worker, stage);
    console.log(`crash matrix: ${points.length} points of the jobs in ${places.length} crashes`);
    await stage.close();
  });
});
