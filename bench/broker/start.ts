import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Cores, onServerCore } from '../cores.ts';
import type { Database } from '../database.ts';
import { freePort } from '../ports.ts';
import { type Running, start, untilReady } from '../processes.ts';

/** Compiled to `dist-bench/bench/broker/`; the program under test is the ordinary build. */
const CLI = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** As the container and `npm start` have it, for less resident memory: see docs/container.md. */
const HEAP = ['--max-semi-space-size=8', '--heap-growing-percent=30', '--single-threaded-gc'];

/** A migrated store and everything `serve` needs to run on it. */
export interface BrokerHome {
  readonly database: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly issuer: string;
}

/** The broker, running on the server's core the way a deployment runs it: `serve`. */
export interface Broker {
  readonly host: string;
  readonly port: number;
  readonly issuer: string;
  readonly url: string;
  readonly running: Running;
}

/** Makes the store's two roles, an empty database, a master key, and migrates. */
export async function prepareBroker(
  store: Database,
  database: string,
  directory: string,
  policies: string,
): Promise<BrokerHome> {
  const [owner, runtime] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  await store.run(
    'postgres',
    `create role ${database}_owner login password '${owner}'`,
    `create role ${database}_runtime login password '${runtime}'`,
    `create database ${database} owner ${database}_owner`,
  );
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const masterKey = join(directory, 'master-key');
  await writeFile(masterKey, randomBytes(32).toString('base64'), { mode: 0o600 });
  const port = await freePort();
  const issuer = 'https://countersign.bench.example';
  const env = {
    NODE_ENV: 'production',
    MALLOC_ARENA_MAX: '1',
    COUNTERSIGN_PORT: String(port),
    COUNTERSIGN_ISSUER: issuer,
    COUNTERSIGN_DATA_DIR: join(directory, 'data'),
    COUNTERSIGN_MASTER_KEY_FILE: masterKey,
    COUNTERSIGN_POLICIES: policies,
    DATABASE_URL: store.url(database, `${database}_runtime`, runtime),
  };
  await countersign(
    { ...env, COUNTERSIGN_MIGRATE_DATABASE_URL: store.url(database, `${database}_owner`, owner) },
    ['migrate'],
  );
  return { database, env, port, issuer };
}

/** Starts `serve`; answers at the first 200 from `/readyz` and how many seconds that took. */
export async function startBroker(
  cores: Cores,
  home: BrokerHome,
): Promise<{ broker: Broker; seconds: number }> {
  const url = `http://127.0.0.1:${home.port}`;
  const since = performance.now();
  const command = onServerCore(cores, [process.execPath, ...HEAP, CLI, 'serve']);
  const running = start(command, home.env);
  await untilReady(running, `${url}/readyz`);
  const seconds = (performance.now() - since) / 1000;
  const { port, issuer } = home;
  return { broker: { host: '127.0.0.1', port, issuer, url, running }, seconds };
}

/** Runs one command of the CLI to its end and answers its stdout. */
export async function countersign(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...args], { env });
  return stdout;
}
