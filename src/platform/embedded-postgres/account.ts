import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unreachableFor } from './start-error.ts';

/** The user id the server runs as, when it is not our own. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root, so where we are root it runs as `nobody` (initdb wants an id
 * with a passwd entry, and that one is everywhere). Elsewhere: undefined, it runs as we do.
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return process.platform === 'darwin' ? { uid: -2, gid: -2 } : { uid: 65534, gid: 65534 };
}

/** Hands a path to the server's account; nothing to do where that is our own. */
export async function giveTo(account: Account | undefined, path: string): Promise<void> {
  // spawn() wants macOS's nobody signed, chown() wants it unsigned.
  if (account) await chown(path, account.uid >>> 0, account.gid >>> 0);
}

/** Whether this folder and every one above lets any user pass. */
export async function othersCanReach(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/**
 * The name under which the server's account reaches its folder. When it is not our own account, the
 * folders above may be closed to it (a 0700 home, a data directory with the master key in it);
 * Linux lets a process reach its working directory all the same, and that is set before root is
 * dropped. PostgreSQL before 16 leaves its working directory for a moment: open folders only.
 */
export async function seenBy(account: Account | undefined, folder: string): Promise<string> {
  if (!account || (await othersCanReach(dirname(folder)))) return folder;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw unreachableFor(folder);
}
