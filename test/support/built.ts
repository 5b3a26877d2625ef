import { join } from 'node:path';
import { inject } from 'vitest';

/**
 * Where a compiled module of `src` lies (`cli/main.js`), compiled from the sources as they are in this
 * run: for tests that start a process of their own.
 */
export function builtFile(path: string): string {
  return join(inject('built'), path);
}
