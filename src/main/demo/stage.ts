import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where one run of the demo happens, and what has to be taken down afterwards. */
export interface Stage {
  /** A folder of this run's own; goes with the stage. */
  readonly dir: string;
  /**
   * Waits for something to start and sees to it that it is stopped in the end, also when the end
   * comes while it is still starting.
   */
  holding<T>(starting: Promise<T>, stop: (started: T) => Promise<unknown>): Promise<T>;
  /** Stops everything, the last first, and removes the folder. Safe to call twice. */
  close(): Promise<void>;
}

export const STAGE_PREFIX = 'demo-';

/** @param dataDir the configured data directory; made for the time of the demo where it is missing */
export async function openStage(dataDir: string): Promise<Stage> {
  const made = await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(dataDir, STAGE_PREFIX));
  const stops: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const takeDown = async () => {
    for (let stop = stops.pop(); stop; stop = stops.pop()) await stop().catch(() => undefined);
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    // Only when it was ours and nobody has put anything into it.
    if (made !== undefined) await rmdir(dataDir).catch(() => undefined);
  };
  return {
    dir,
    holding(starting, stop) {
      stops.push(() => starting.then(stop));
      return starting;
    },
    close: () => (closing ??= takeDown()),
  };
}
