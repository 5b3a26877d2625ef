import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** Every file below `src`, relative to it, with slashes. */
export function sourcePaths(): string[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(SRC, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted();
}

/** Every TypeScript source, by its path. */
export function sources(): Map<string, string> {
  const paths = sourcePaths().filter((path) => /\.[cm]?tsx?$/.test(path));
  return new Map(paths.map((path) => [path, readFileSync(join(SRC, path), 'utf8')]));
}
