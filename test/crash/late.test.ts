import { describe, expect, it } from 'vitest';
import { drainRevocationsJob } from '../../src/jobs/drain-revocations.ts';
import { buildWorker } from './children.ts';
import { held, logins, sandboxes } from './downstreams.ts';
import { type Crashing, expectNothingUnknown, expectSweptClean } from './points.ts';
import { openStage, type Stage } from './stage.ts';
import { until } from './verbs.ts';

const ISSUE: Crashing = { verb: 'issue', input: (stage) => stage.withToken() };
/** The broker gives up soon, so that the end of a lease is proved before what was sent for it arrives. */
const LIMITS = { issueTimeoutMs: 1_500, revokeTimeoutMs: 3_000, feedMaxAgeMs: 60_000 };

describe.concurrent('promise 5: what arrives late makes nothing that the broker does not know', () => {
  it.each([
    ['a login', () => held(logins)],
    ['a sandbox', () => held(sandboxes)],
  ] as const)('every change of an issue of %s', { timeout: 120_000 }, async (what, downstream) => {
    const [stage, worker] = await Promise.all([openStage(downstream, LIMITS), buildWorker()]);
    const points = await stage.runHere(ISSUE, 0);
    const changes = points.filter((point) => point.startsWith('before resource:'));
    expect(changes.length).toBeGreaterThan(1);
    for (const [nth, killAt] of changes.entries()) {
      await stage.runHere(ISSUE, nth + 1, killAt, () => untilEnded(stage));
      await expectNothingUnknown(stage);
    }
    await expectSweptClean(worker, stage);
    console.log(`${what}: ${changes.length} changes arrived late`);
    await Promise.all([stage.close(), worker.remove()]);
  });

  /** The lease whose issue was given up is proved gone, however many connections of the pool stand still. */
  async function untilEnded(stage: Stage): Promise<void> {
    const drain = drainRevocationsJob(stage.broker, 1_000);
    await until(async () => {
      await drain.run();
      return (await stage.leases()).every(({ state }) => state !== 'revoking');
    });
  }
});
