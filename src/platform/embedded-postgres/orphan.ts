import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, postmasterPid, serversOf, waitUntil } from './processes.ts';
import { serverFailed } from './start-error.ts';

const PATIENCE_MS = 20_000;

/**
 * Clears what a killed broker left behind: its server, shut down properly (SIGINT: sessions are ended,
 * a checkpoint is written), and a pid file that names a process which is not PostgreSQL.
 * The caller holds the data directory's lock, so no living broker owns that server.
 */
export async function clearLeftovers(cluster: string, log: (line: string) => void): Promise<void> {
  const left = await serversOf(cluster);
  if (left.length > 0) {
    log(`shutting down a server left behind by a broker that was killed (${left.join(', ')})`);
    await end(cluster);
  }
  const named = await postmasterPid(cluster);
  // PostgreSQL itself removes a file whose process is gone, but not one whose id was taken by
  // another program since; that this is no server of this directory was just seen.
  if (named !== undefined && isAlive(named)) {
    await rm(join(cluster, 'postmaster.pid'), { force: true });
  }
}

async function end(cluster: string): Promise<void> {
  const postmaster = await postmasterPid(cluster);
  const gone = async () => (await serversOf(cluster)).length === 0;
  const left = await serversOf(cluster);
  // Without its postmaster (killed too), a session ends by itself, at the latest when it is told to.
  const whole = postmaster !== undefined && left.includes(postmaster);
  signal(whole ? [postmaster] : left, whole ? 'SIGINT' : 'SIGTERM');
  if (await waitUntil(gone, PATIENCE_MS)) return;
  signal(await serversOf(cluster), 'SIGQUIT');
  if (await waitUntil(gone, PATIENCE_MS)) return;
  throw serverFailed('end', [`processes ${(await serversOf(cluster)).join(', ')} do not stop`]);
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // Gone meanwhile.
    }
  }
}
