import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterOf } from '../../src/platform/embedded-postgres/cluster.ts';
import { lockDataDir } from '../../src/platform/embedded-postgres/data-dir-lock.ts';
import { clearLeftovers } from '../../src/platform/embedded-postgres/orphan.ts';

/** Ends and removes the servers of test runs that were killed; those of living runs are left alone. */
export async function sweepAbandoned(folder: string, prefix: string): Promise<void> {
  for (const run of await readdir(folder)) {
    if (!run.startsWith(prefix)) continue;
    const home = join(folder, run);
    const inUse = await Promise.all(
      (await readdir(home).catch(() => [])).map((major) => takeAndEnd(join(home, major))),
    );
    if (inUse.length > 0 && !inUse.includes(true)) await rm(home, { recursive: true, force: true });
  }
}

/** Whether a living process has this data directory. */
async function takeAndEnd(dataDir: string): Promise<boolean> {
  try {
    await lockDataDir(dataDir);
    await clearLeftovers(clusterOf(dataDir), () => undefined);
    return false;
  } catch {
    return true;
  }
}
