import type { Clock } from '../ports/clock.ts';

/** One thing that happens by itself. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  /** @returns `again` when there is more to do: it runs again at once, instead of after its interval */
  run(): Promise<'again' | void>;
}

export interface Schedule {
  start(): void;
  /** Runs a job soon, ahead of its time. */
  wake(name: string): void;
  /** Jobs whose last success is older than three of their intervals (and at least 10 s). */
  late(): string[];
  /** Waits for what is running; nothing starts after that. */
  stop(): Promise<void>;
}

interface Running {
  readonly job: Job;
  succeededAt: number;
  timer?: NodeJS.Timeout;
  current?: Promise<void>;
  again: boolean;
}

/** Runs each job after its interval, counted from the end of its last run: never twice at once. */
export function createSchedule(
  jobs: readonly Job[],
  clock: Pick<Clock, 'monotonic'>,
  onError: (job: string, error: unknown) => void,
): Schedule {
  const all = jobs.map((job): Running => ({ job, succeededAt: clock.monotonic(), again: false }));
  let stopped = false;

  function plan(entry: Running, delayMs: number): void {
    clearTimeout(entry.timer);
    if (!stopped) entry.timer = setTimeout(() => runNow(entry), delayMs);
  }

  function runNow(entry: Running): void {
    if (entry.current) {
      entry.again = true;
      return;
    }
    clearTimeout(entry.timer);
    entry.again = false;
    entry.current = entry.job
      .run()
      .then((outcome) => {
        entry.succeededAt = clock.monotonic();
        if (outcome === 'again') entry.again = true;
      })
      .catch((error: unknown) => onError(entry.job.name, error))
      .finally(() => {
        delete entry.current;
        plan(entry, entry.again ? 0 : entry.job.everyMs);
      });
  }

  return {
    start: () => {
      for (const entry of all) plan(entry, Math.min(entry.job.everyMs, 100));
    },
    wake: (name) => {
      const entry = all.find(({ job }) => job.name === name);
      if (entry && !stopped) runNow(entry);
    },
    late: () => all.filter((entry) => isLate(entry, clock.monotonic())).map(({ job }) => job.name),
    stop: async () => {
      stopped = true;
      for (const entry of all) clearTimeout(entry.timer);
      await Promise.all(all.flatMap((entry) => (entry.current ? [entry.current] : [])));
    },
  };
}

function isLate({ job, succeededAt }: Running, now: number): boolean {
  return now - succeededAt > Math.max(10_000, 3 * job.everyMs);
}
