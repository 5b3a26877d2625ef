import { useSyncExternalStore } from 'react';

/** A value that outlives components, and that those who use it follow. */
interface Held<Value> {
  readonly current: () => Value;
  readonly put: (next: Value) => void;
  /** The value in a component, which is drawn again when it changes. */
  readonly use: () => Value;
}

/** Keeps one value for the whole page, outside of React. */
export function held<Value>(first: Value): Held<Value> {
  let value = first;
  const listeners = new Set<() => void>();
  const current = () => value;
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    current,
    put: (next) => {
      value = next;
      for (const listener of listeners) listener();
    },
    use: () => useSyncExternalStore(subscribe, current),
  };
}
