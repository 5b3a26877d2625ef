// What `npm start` and `npm test` need before anything else. Node built-ins only: it runs in a fresh
// clone, before a single dependency is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const LOCK_HASH = join(ROOT, 'node_modules', '.countersign-lock');
const DIST = join(ROOT, 'dist');
const SOURCE_HASH = join(DIST, '.source-hash');
const CONSOLE = join(DIST, 'console');
const CONSOLE_SOURCES = join(ROOT, 'src', 'console') + sep;
const CONSOLE_HASH = join(CONSOLE, '.source-hash');

/** Runs `npm ci` unless exactly this package-lock.json is installed. */
export function ensureInstalled() {
  requireNode(20, 19);
  const wanted = hashOf([join(ROOT, 'package-lock.json')]);
  if (readIfThere(LOCK_HASH) === wanted) return;
  console.error('Installing dependencies…');
  // Started by npm we use that very npm. Development tools are needed even under NODE_ENV=production:
  // the compiler is one. No dependency's install script runs.
  const npm = process.env.npm_execpath;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  args.push('--include=dev', '--include=optional');
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const done = run(command, [...first, ...args], { stdio: 'pipe' });
  if (done.status !== 0) fail(`Installing the dependencies failed (npm ci):\n${done.output}`);
  writeFileSync(LOCK_HASH, wanted);
}

/** Builds the program and the console unless exactly these sources were built. */
export function ensureBuilt() {
  ensureCompiled();
  ensureConsole();
}

/** Compiles `src` without the console into `dist`. */
function ensureCompiled() {
  const wanted = hashOfSources();
  if (readIfThere(SOURCE_HASH) === wanted) return;
  console.error('Building…');
  const { status, output } = compile('tsconfig.build.json', DIST);
  if (status !== 0) fail(`Building failed (tsc -p tsconfig.build.json):\n${output}`);
  writeFileSync(SOURCE_HASH, wanted);
}

/** Builds `src/console` into `dist/console`. */
export function ensureConsole() {
  const wanted = hashOfConsole();
  if (readIfThere(CONSOLE_HASH) === wanted) return;
  console.error('Building the console…');
  const draft = `${CONSOLE}-${process.pid}`;
  const args = ['build', '--outDir', draft, '--logLevel', 'warn'];
  // Tests build it too, and must get what everybody gets.
  const env = { ...process.env, NODE_ENV: 'production' };
  const { status, output } = runTool('vite', 'vite', args, { env });
  if (status !== 0) fail(`Building the console failed (vite build):\n${output}`);
  writeFileSync(join(draft, '.source-hash'), wanted);
  rmSync(CONSOLE, { recursive: true, force: true });
  renameSync(draft, CONSOLE);
}

/** The folder with `src` compiled as it is now, or undefined where `dist` is older. */
export function freshBuild() {
  return readIfThere(SOURCE_HASH) === hashOfSources() ? DIST : undefined;
}

/**
 * Compiles into a folder of its own and swaps it in, so that no file of an older build stays.
 * `evenWithErrors` keeps what came out although types are wrong.
 */
export function compile(project, outDir, { evenWithErrors = false } = {}) {
  const draft = `${outDir}-${process.pid}`;
  const done = runTool('typescript', 'tsc', ['-p', join(ROOT, project), '--outDir', draft]);
  if (done.status === 0 || (evenWithErrors && existsSync(draft))) {
    // The console beside it has sources of its own.
    if (outDir === DIST && existsSync(CONSOLE)) renameSync(CONSOLE, join(draft, 'console'));
    rmSync(outDir, { recursive: true, force: true });
    renameSync(draft, outDir);
  } else {
    rmSync(draft, { recursive: true, force: true });
  }
  return done;
}

/**
 * Runs a development tool out of node_modules. Returns its exit code and what it printed (nothing
 * where `stdio` is inherited).
 */
export function runTool(packageName, tool, args, options = {}) {
  const folder = join(ROOT, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const script = join(folder, typeof bin === 'string' ? bin : bin[tool]);
  return run(process.execPath, [script, ...args], { stdio: 'pipe', ...options });
}

/** Hands this process over to the built command line: no second process, no signal to forward. */
export async function becomeCountersign(args) {
  if (process.env.npm_lifecycle_event !== undefined) endWithParent();
  process.argv.splice(1, process.argv.length, join(ROOT, 'bin', 'countersign.js'), ...args);
  await import('../bin/countersign.js');
}

/** A signal to npm ends npm and its shell but is not passed on to us: we notice that they are gone. */
function endWithParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}

function run(command, args, options) {
  const done = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', ...options });
  const said = [done.error?.message, done.stdout, done.stderr].filter(Boolean).join('\n');
  return { status: done.status ?? 1, output: said.trimEnd() };
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(`Node ${major}.${minor} or later is needed; this is ${process.version}.`);
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hashOfSources() {
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  const files = filesBelow(join(ROOT, 'src')).filter((file) => !file.startsWith(CONSOLE_SOURCES));
  return hashOf([...files, ...settings.map((name) => join(ROOT, name))]);
}

/** What the console is made of: its own sources, and those it shares with the doors. */
function hashOfConsole() {
  const folders = ['console', 'contract', 'sdk', 'domain'].map((name) => join(ROOT, 'src', name));
  const settings = ['vite.config.ts', 'tsconfig.json', 'package-lock.json'];
  return hashOf([...folders.flatMap(filesBelow), ...settings.map((name) => join(ROOT, name))]);
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${file.slice(ROOT.length)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Says one thing and ends the process. */
export function fail(message) {
  console.error(message);
  process.exit(1);
}
