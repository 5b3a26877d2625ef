import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorCode } from './start-error.ts';

const run = promisify(execFile);
const LINUX = process.platform === 'linux';

/** Whether a process with this id exists (also when it is not ours to signal). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/**
 * What tells this process from a later one with the same id: boot and start time.
 * Undefined when there is no such process.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  try {
    if (!LINUX) return (await run('ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim();
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Field 2 may hold spaces and brackets: count from the last bracket; field 22 is the start time.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return `${boot.trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

/**
 * The PostgreSQL processes that serve exactly this directory: it is their working directory, by
 * device and inode, so no other server can be meant. Without /proc: the process of `postmaster.pid`,
 * if its command line names the directory.
 */
export async function serversOf(cluster: string): Promise<number[]> {
  if (!LINUX) return byCommandLine(cluster);
  const own = await stat(cluster);
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (!basename(await readlink(`/proc/${name}/exe`)).startsWith('postgres')) continue;
      const cwd = await stat(`/proc/${name}/cwd`);
      if (cwd.dev === own.dev && cwd.ino === own.ino) found.push(Number(name));
    } catch {
      // Gone meanwhile, or another user's: not ours.
    }
  }
  return found;
}

async function byCommandLine(cluster: string): Promise<number[]> {
  const pid = await postmasterPid(cluster);
  if (pid === undefined || !isAlive(pid)) return [];
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout.includes('postgres') && stdout.includes(` -D ${cluster} `) ? [pid] : [];
}

/** The process id in `postmaster.pid`, if there is such a file. */
export async function postmasterPid(cluster: string): Promise<number | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** Waits until the test holds; false when it still does not after `ms` milliseconds. */
export async function waitUntil(test: () => Promise<boolean>, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (!(await test())) {
    if (performance.now() > end) return false;
    await delay(25);
  }
  return true;
}
