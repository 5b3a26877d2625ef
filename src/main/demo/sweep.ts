import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterOf } from '../../platform/embedded-postgres/cluster.ts';
import { lockDataDir } from '../../platform/embedded-postgres/data-dir-lock.ts';
import { clearLeftovers } from '../../platform/embedded-postgres/orphan.ts';
import { STAGE_PREFIX } from './stage.ts';

/** Takes down what demos left behind that were killed; one that still runs is left alone. */
export async function sweepOldStages(dataDir: string): Promise<void> {
  const names = await readdir(dataDir).catch((): string[] => []);
  for (const name of names.filter((one) => one.startsWith(STAGE_PREFIX))) {
    const dir = join(dataDir, name);
    try {
      const servers = (await readdir(dir, { withFileTypes: true })).filter((one) =>
        one.isDirectory(),
      );
      // A demo that has just begun has nothing in it yet: an empty folder is not ours to judge.
      if (servers.length === 0) continue;
      for (const server of servers) await endServer(join(dir, server.name));
      await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    } catch {
      // In use, or not ours to remove.
    }
  }
}

/** @throws when a live process has it */
async function endServer(dataDir: string): Promise<void> {
  const release = await lockDataDir(dataDir);
  try {
    const cluster = clusterOf(dataDir);
    if (existsSync(cluster)) await clearLeftovers(cluster, () => undefined);
  } finally {
    await release();
  }
}
