import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const BUILDS = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** A program in one file: a short process is mostly the loading of its modules. */
export interface Bundled {
  readonly file: string;
  remove(): Promise<void>;
}

interface Rolldown {
  rolldown(options: object): Promise<{ write(output: object): Promise<unknown> }>;
}

/** @param source a module to run as a process of its own, straight from the sources */
export async function bundleProgram(source: string): Promise<Bundled> {
  // The bundler that the test runner brings along.
  const runner = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'));
  const vite = createRequire(runner.resolve('vite/package.json'));
  const bundler = pathToFileURL(vite.resolve('rolldown')).href;
  const { rolldown } = (await import(bundler)) as Rolldown;
  await mkdir(BUILDS, { recursive: true });
  const folder = await mkdtemp(join(BUILDS, 'program-'));
  // What brings WebAssembly along finds it beside itself.
  const external = [/^@cedar-policy\//, 'libpg-query', 'pg-native'];
  const bundle = await rolldown({ input: source, platform: 'node', external, logLevel: 'silent' });
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: 'program.mjs',
    chunkFileNames: '[name].mjs',
  });
  return {
    file: join(folder, 'program.mjs'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
