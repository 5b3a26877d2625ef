import { rateLimited } from '../domain/errors.ts';

/** Callers whose requests are held open until something happens: bounded for each, and in all. */
export interface Waiters {
  /** @returns ends the wait @throws rateLimited when too many wait */
  enter(caller: string): () => void;
}

export function createWaiters(most: { readonly each: number; readonly all: number }): Waiters {
  const by = new Map<string, number>();
  let all = 0;
  return {
    enter: (caller) => {
      const own = by.get(caller) ?? 0;
      if (own >= most.each || all >= most.all) throw rateLimited(1);
      by.set(caller, own + 1);
      all += 1;
      return () => {
        all -= 1;
        const left = (by.get(caller) ?? 1) - 1;
        if (left === 0) by.delete(caller);
        else by.set(caller, left);
      };
    },
  };
}
