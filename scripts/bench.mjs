import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compile, ensureBuilt, ensureInstalled, fail, ROOT } from './ensure.mjs';

ensureInstalled();
ensureBuilt();
const out = join(ROOT, 'dist-bench');
const { status, output } = compile('tsconfig.bench.json', out);
if (status !== 0) fail(`Building the bench failed (tsc -p tsconfig.bench.json):\n${output}`);
// The compiled sources look for these beside themselves, as they do from `src` and `dist`.
for (const name of ['bin', 'dist', 'migrations', 'policies', 'package.json']) {
  if (existsSync(join(ROOT, name))) symlinkSync(join('..', name), join(out, name));
}
await import(pathToFileURL(join(out, 'bench', 'main.js')).href);
