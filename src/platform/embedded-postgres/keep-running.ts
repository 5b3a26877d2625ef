import { setTimeout as delay } from 'node:timers/promises';
import type { Postmaster } from './postmaster.ts';

const RETRY_MS = 1000;

/**
 * Starts the server again whenever it ends unasked (killed for memory, crashed), so that the broker
 * recovers as it does from an outage of any other store: without a restart of its own.
 */
export function keepRunning(
  first: Postmaster,
  again: () => Promise<Postmaster>,
  log: (line: string) => void,
): { readonly pid: () => number; readonly stop: () => Promise<void> } {
  let current = first;
  const ending = new AbortController();
  const watched = watch();

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      await current.exited;
      if (ending.signal.aborted) return;
      log('the embedded PostgreSQL ended unexpectedly; starting it again');
      await again().then(
        (next) => {
          current = next;
        },
        async (error: unknown) => {
          log(error instanceof Error ? error.message : String(error));
          await delay(RETRY_MS, undefined, { signal: ending.signal }).catch(() => undefined);
        },
      );
    }
  }

  return {
    pid: () => current.pid,
    stop: async () => {
      ending.abort();
      await current.stop();
      await watched;
      // It may have been started once more while we were stopping.
      await current.stop();
    },
  };
}
