import { held } from './held.ts';

const lostSince = held<number | undefined>(undefined);

/** Whether the last request got an answer, whatever it was. */
export function noteReached(now: boolean): void {
  if (now === (lostSince.current() === undefined)) return;
  lostSince.put(now ? undefined : Date.now());
}

/** Since when the broker has not been reached, in milliseconds; undefined while it is. */
export const useLostSince = lostSince.use;
