import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleInvalid } from '../domain/errors.ts';
import { LIMITS } from './limits.ts';

/**
 * Reads a policy folder into the record that `loadBundle` takes: one level of folders, paths with
 * `/`. Hidden entries and `*.md` are left out; anything else unknown is for `loadBundle` to refuse.
 * @throws `bundle_invalid` when the folder can't be read, a file is not UTF-8, or there is too much
 */
export async function readBundleDirectory(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  let total = 0;
  for (const path of await listFiles(directory)) {
    const bytes = await readFile(join(directory, path)).catch(() => {
      throw refused(path, 'This file cannot be read.');
    });
    total += bytes.length;
    if (total > LIMITS.totalBytes)
      throw refused(path, `More than ${LIMITS.totalBytes} bytes in all.`);
    files[path] = decode(path, bytes);
  }
  return files;
}

async function listFiles(directory: string, folder = ''): Promise<string[]> {
  const names = await readdir(join(directory, folder)).catch(() => {
    throw refused(folder, 'The policy folder cannot be read.');
  });
  const paths: string[] = [];
  for (const name of names.sort()) {
    if (name.startsWith('.') || name.endsWith('.md')) continue;
    const path = folder ? `${folder}/${name}` : name;
    const entry = await stat(join(directory, path)).catch(() => {
      throw refused(path, 'This file cannot be read.');
    });
    if (entry.isFile() && entry.size <= LIMITS.fileBytes) paths.push(path);
    else if (entry.isFile()) throw refused(path, `Larger than ${LIMITS.fileBytes} bytes.`);
    else if (!folder) paths.push(...(await listFiles(directory, name)));
    else throw refused(path, 'Policy folders hold files, one level deep.');
    if (paths.length > LIMITS.files) throw refused(path, `More than ${LIMITS.files} files.`);
  }
  return paths;
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refused(path, 'This file is not UTF-8 text.');
  }
}

function refused(file: string, message: string) {
  return bundleInvalid([{ file, line: 1, message }]);
}
