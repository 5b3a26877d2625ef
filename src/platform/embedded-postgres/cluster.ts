import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../domain/secret.ts';
import { type Account, giveTo, seenBy } from './account.ts';
import { runToEnd } from './run.ts';
import { errorCode, passwordMissing, serverFailed } from './start-error.ts';

export const SUPERUSER = 'postgres';
const PASSWORD_FILE = 'postgres-password';
const DRAFT = 'postgres-init-';
/** An orphaned initdb may still be writing there for a moment. */
const SWEEP = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };

/** Where the database lies inside the data directory. */
export function clusterOf(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/**
 * The superuser's password of the database in this data directory, which is made first where there
 * is none. The caller holds the lock. Killed at any point, the next call makes a whole one:
 * `initdb` works in a draft folder that gets its name when it is finished.
 */
export async function prepareCluster(
  dataDir: string,
  bin: string,
  account: Account | undefined,
): Promise<Secret> {
  const passwordFile = join(dataDir, PASSWORD_FILE);
  if (await exists(clusterOf(dataDir))) {
    return new Secret(await readFile(passwordFile, 'utf8').catch(() => fail(dataDir)));
  }
  await removeDrafts(dataDir);
  const password = randomBytes(24).toString('base64url');
  await writeDurably(passwordFile, password);
  await makeCluster(dataDir, bin, account, password);
  return new Secret(password);
}

function fail(dataDir: string): never {
  throw passwordMissing(dataDir);
}

async function makeCluster(
  dataDir: string,
  bin: string,
  account: Account | undefined,
  password: string,
): Promise<void> {
  const draft = join(dataDir, `${DRAFT}${process.pid}`);
  const data = join(draft, 'data');
  const pwfile = join(draft, 'pwfile');
  await mkdir(data, { recursive: true, mode: 0o700 });
  await chmod(draft, 0o700);
  // initdb takes the password from a real file only: ours cannot be read by the server's account.
  await writeDurably(pwfile, password);
  for (const path of [draft, data, pwfile]) await giveTo(account, path);
  // Both seen from the data directory, since that is where the server's processes go by themselves.
  const seen = await seenBy(account, data);
  const args = ['-D', seen, '-U', SUPERUSER, `--pwfile=${seen}/../pwfile`];
  args.push('--auth=scram-sha-256', '--locale=C', '-E', 'UTF8', '--no-instructions');
  const done = await runToEnd(join(bin, 'initdb'), data, account, args);
  if (done.code !== 0) throw serverFailed('make its database (initdb)', done.output);
  await rename(data, clusterOf(dataDir));
  await rm(draft, { recursive: true, force: true });
}

async function removeDrafts(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(DRAFT)) await rm(join(dataDir, name), SWEEP);
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
