import { useSyncExternalStore } from 'react';

let reached = true;
let since = Date.now();
const listeners = new Set<() => void>();

/** Whether the last request got an answer, whatever it was. */
export function noteReached(now: boolean): void {
  if (now === reached) return;
  reached = now;
  since = Date.now();
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Since when the broker has not been reached, in milliseconds; undefined while it is. */
export function useLostSince(): number | undefined {
  return useSyncExternalStore(subscribe, () => (reached ? undefined : since));
}
