import { expect, it } from 'vitest';
import { createSchedule } from '../../src/jobs/schedule.ts';

it('a job with more to do runs again at once, and one that has done all waits for its interval', async () => {
  let runs = 0;
  let finished = () => undefined as void;
  const done = new Promise<void>((resolve) => {
    finished = resolve;
  });
  const job = {
    name: 'drain',
    everyMs: 3_600_000,
    run: async () => {
      runs += 1;
      if (runs < 3) return 'again' as const;
      finished();
      return undefined;
    },
  };
  const schedule = createSchedule([job], { monotonic: () => 0 }, () => undefined);
  schedule.wake('drain');
  await done;
  await schedule.stop();
  expect(runs).toBe(3);
});
