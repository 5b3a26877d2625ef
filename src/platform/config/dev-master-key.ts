import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './schema.ts';

export type DevMasterKey =
  | { readonly key: string; readonly notice?: string }
  | { readonly problem: string };

/** `dev` only: the master key that was given, or the one in the data directory, made when missing. */
export function devMasterKey(
  read: Settings,
  masterKeyProblem: (text: string) => string | undefined,
): DevMasterKey {
  if (read.master_key !== undefined) return { key: read.master_key };
  const path = join(read.data_dir, 'master.key');
  try {
    mkdirSync(read.data_dir, { recursive: true, mode: 0o700 });
    const key = randomBytes(32).toString('base64url');
    placeWhole(path, `${key}\n`);
    return { key, notice: `Made a master key in ${path}. Without it the stored secrets are lost.` };
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return readExisting(path, masterKeyProblem);
    return { problem: `${read.data_dir} cannot be written (${codeOf(error)})` };
  }
}

/** The key that `dev` made in this data directory, for commands beside it; never makes one. */
export function existingMasterKey(
  read: Settings,
  masterKeyProblem: (text: string) => string | undefined,
): string | undefined {
  if (read.master_key !== undefined) return read.master_key;
  const found = readExisting(join(read.data_dir, 'master.key'), masterKeyProblem);
  return 'key' in found ? found.key : undefined;
}

/** Complete or not at all, and never over an existing key: a link takes no place that is taken. */
function placeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600, flush: true });
    linkSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

function readExisting(
  path: string,
  masterKeyProblem: (text: string) => string | undefined,
): DevMasterKey {
  try {
    const mode = statSync(path).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      return { problem: `${path} can be read by others (mode ${mode.toString(8)}): chmod 600 it` };
    }
    const key = readFileSync(path, 'utf8').trim();
    const problem = masterKeyProblem(key);
    return problem === undefined ? { key } : { problem: `${path}: ${problem}` };
  } catch (error) {
    return { problem: `${path} cannot be read (${codeOf(error)})` };
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
