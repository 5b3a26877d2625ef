import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { usedWrongly } from './exit-code.ts';
import type { Output } from './output.ts';
import type { Terminal } from './terminal.ts';

const MAX_BYTES = 1024 * 1024;

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return typeof code === 'string' ? code : 'unreadable';
}

/** Text of a small file, or of stdin for `-`. */
export async function readText(path: string, what: string, terminal: Terminal): Promise<string> {
  if (path === '-') return readStdin(terminal);
  try {
    if ((await stat(path)).size > MAX_BYTES) throw usedWrongly(`${path} is too large for ${what}.`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && error.name === 'CommandFailure') throw error;
    throw usedWrongly(`Cannot read ${what} from ${path}: ${reasonOf(error)}.`);
  }
}

/** A file to be read bit by bit; whoever reads its stream to the end closes it. */
export async function openForReading(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw usedWrongly(`Cannot read ${path}: ${reasonOf(error)}.`);
  }
}

/** Everything on stdin. */
export async function readStdin(terminal: Terminal): Promise<string> {
  const bytes = await buffer(terminal.stdin);
  if (bytes.length > MAX_BYTES) throw usedWrongly('More than 1 MiB on stdin.');
  return bytes.toString('utf8');
}

/** A file that holds a secret: trimmed, never empty, and a word about its mode. */
export async function readSecretFile(
  path: string,
  what: string,
  terminal: Terminal,
  out: Output,
): Promise<string> {
  const text = (await readText(path, what, terminal)).trim();
  if (text === '') throw usedWrongly(`${path} is empty; it should hold ${what}.`);
  if (path !== '-' && ((await stat(path)).mode & 0o077) !== 0) {
    out.note(`${path} can be read by other users; close it: chmod 600 ${path}`);
  }
  return text;
}

/** Creates a file only this user can read; refuses one that exists. */
export async function createPrivateFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') throw usedWrongly(`${path} exists; it is not overwritten.`);
    throw usedWrongly(`Cannot write ${path}: ${reasonOf(error)}.`);
  }
}

/** Writes a file only this user can read in one step, in place of an older one. */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  await createPrivateFile(beside, text);
  try {
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw usedWrongly(`Cannot write ${path}: ${reasonOf(error)}.`);
  }
}

/** A new file only this user can read, to be filled bit by bit. */
export async function openPrivateFile(path: string) {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') throw usedWrongly(`${path} exists; it is not overwritten.`);
    throw usedWrongly(`Cannot write ${path}: ${reasonOf(error)}.`);
  }
}
