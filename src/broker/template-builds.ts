/** Builds that run in this process, so that they can be stopped with it. */
export interface TemplateBuilds {
  /** Starts work that is waited for by nobody but `stop`. It reports its own failure. */
  start(work: (signal: AbortSignal) => Promise<void>): void;
  /** Aborts what runs and waits for its end. */
  stop(): Promise<void>;
}

/** @param longestMs after which a build is aborted */
export function createTemplateBuilds(longestMs: number): TemplateBuilds {
  const running = new Map<Promise<void>, AbortController>();
  return {
    start: (work) => {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), longestMs);
      timer.unref();
      const done = work(controller.signal)
        .catch(() => undefined)
        .finally(() => {
          clearTimeout(timer);
          running.delete(done);
        });
      running.set(done, controller);
    },
    stop: async () => {
      for (const controller of running.values()) controller.abort();
      await Promise.all(running.keys());
    },
  };
}
