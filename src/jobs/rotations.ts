import type { Broker } from '../broker/context.ts';
import { retireSigningKeys } from '../broker/rotate-keys.ts';
import { finishRotations } from '../broker/finish-rotation.ts';
import type { Job } from './schedule.ts';

/** Finishes rotations of root credentials that a crash or an unreachable resource interrupted. */
export function finishRotationsJob(
  broker: Broker,
  everyMs: number,
  onAlarm: (error: unknown) => void,
): Job {
  return {
    name: 'root-rotations',
    everyMs,
    // A resource that is away keeps its rotation open; it is no reason for the broker to be unready.
    run: () => finishRotations(broker).then(() => undefined, onAlarm),
  };
}

/**
 * Follows the signing keys of the store where the feed could not do it at once, and lets those go whose
 * tokens have all expired.
 */
export function signingKeysJob(broker: Broker, everyMs: number, reload: () => Promise<void>): Job {
  return {
    name: 'signing-keys',
    everyMs,
    run: async () => {
      await retireSigningKeys(broker);
      await reload();
    },
  };
}
