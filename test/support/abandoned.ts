import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterOf } from '../../src/platform/embedded-postgres/cluster.ts';
import { lockDataDir } from '../../src/platform/embedded-postgres/data-dir-lock.ts';
import { clearLeftovers } from '../../src/platform/embedded-postgres/orphan.ts';

/**
 * Ends and removes the servers of our test runs that were killed; those of living runs, and other users', are
 * left alone.
 */
export async function sweepAbandoned(folder: string, prefix: string): Promise<void> {
  for (const run of await readdir(folder)) {
    const home = join(folder, run);
    if (!run.startsWith(prefix) || !(await isOurs(home))) continue;
    const inUse = await Promise.all((await dataDirsOf(home)).map(takeAndEnd));
    if (inUse.length > 0 && !inUse.includes(true)) await rm(home, { recursive: true, force: true });
  }
}

async function isOurs(home: string): Promise<boolean> {
  const found = await stat(home).catch(() => undefined);
  return found !== undefined && found.uid === process.getuid?.();
}

/** The home of a run has a data directory for each major version; a server of one test's own has one alone. */
async function dataDirsOf(home: string): Promise<string[]> {
  const names: string[] = await readdir(home).catch(() => []);
  if (names.includes('lock')) return [home];
  return names.filter((name) => /^\d+$/.test(name)).map((major) => join(home, major));
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
