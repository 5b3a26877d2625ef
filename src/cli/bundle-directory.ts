import type { Bundle } from '../policy/bundle.ts';
import { usedWrongly } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Files of the bundle in a directory: the one named, else that of `COUNTERSIGN_POLICIES`. */
export async function readFiles(named: string | undefined, terminal: Terminal) {
  const directory = named ?? terminal.environment.policies;
  const [{ existsSync }, { readBundleDirectory }] = await Promise.all([
    import('node:fs'),
    import('../policy/read-directory.ts'),
  ]);
  if (!existsSync(directory)) {
    throw usedWrongly(
      `There is no directory ${directory}.`,
      'Name the bundle, or set COUNTERSIGN_POLICIES.',
    );
  }
  return { directory, files: await readBundleDirectory(directory) };
}

/** The bundle itself, parsed; throws `bundle_invalid` with every problem. */
export async function readBundle(
  named: string | undefined,
  terminal: Terminal,
): Promise<{ directory: string; bundle: Bundle }> {
  const { directory, files } = await readFiles(named, terminal);
  const { loadBundle } = await import('../policy/load.ts');
  return { directory, bundle: loadBundle(files) };
}
