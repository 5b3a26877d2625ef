import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from './processes.ts';
import { dataDirInUse, dataDirUnwritable, errorCode } from './start-error.ts';

const ATTEMPTS = 8;

/**
 * Takes a data directory for this process alone, and returns what releases it.
 * Throws when another live process has it; a lock whose process is gone (kill -9) does not count.
 *
 * Node has no file locks. So each process puts a claim of its own under `lock/` and only then looks at
 * the others': of two that come at once at least one sees the other, and nobody ever removes the
 * claim of a live process. Processes of another PID namespace are not seen.
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const folder = join(dataDir, 'lock');
  const mine = await claimName(process.pid);
  const path = join(folder, mine);
  const release = () => rm(path, { force: true });
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (let attempt = 1; ; attempt += 1) {
      // `wx`: this very process may already hold it.
      await writeFile(path, 'claimed', { mode: 0o600, flag: 'wx' });
      const other = await strongestOther(folder, mine);
      if (!other) break;
      await release();
      if (other.held || attempt === ATTEMPTS) throw dataDirInUse(dataDir, other.pid);
      await delay(20 + Math.random() * 150);
    }
    // Written in place, so that whoever reads the folder meanwhile never misses the entry.
    await writeFile(path, 'held');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') throw dataDirInUse(dataDir, process.pid);
    throw code === undefined ? error : dataDirUnwritable(dataDir, error);
  }
  return release;
}

/** `<pid>-<hash of what tells this process from a later one with that id>` */
async function claimName(pid: number): Promise<string> {
  const identity = (await processIdentity(pid)) ?? 'gone';
  return `${pid}-${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`;
}

/** Another live process's claim, a held one first; claims of dead processes are swept. */
async function strongestOther(folder: string, mine: string) {
  let found: { pid: number; held: boolean } | undefined;
  for (const name of await readdir(folder)) {
    if (name === mine) continue;
    const pid = Number.parseInt(name, 10);
    const path = join(folder, name);
    if (name !== (await claimName(pid))) {
      await rm(path, { force: true });
    } else if (!found?.held) {
      found = { pid, held: (await readFile(path, 'utf8').catch(() => '')) === 'held' };
    }
  }
  return found;
}
