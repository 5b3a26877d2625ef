import type { Broker } from '../broker/context.ts';
import { keepWitness } from '../broker/keep-witness.ts';
import type { Job } from './schedule.ts';

/** Looks whether the store is still the same, and lets the witness follow it. */
export function witnessJob(broker: Broker, everyMs: number): Job {
  return { name: 'witness', everyMs, run: () => keepWitness(broker) };
}

/** A job that revokes, ends or removes: it rests while nobody has looked at a restored store. */
export function unlessHeld(broker: Broker, job: Job): Job {
  return {
    ...job,
    run: async () => {
      if (!broker.restoreHold.open) return job.run();
      return undefined;
    },
  };
}
