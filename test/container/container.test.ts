import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { testServer } from '../support/postgres.ts';
import { prepareCache } from './cache.ts';
import { type Ended, type Running, tryCommand, userIds } from './commands.ts';
import { compose, REPOSITORY, type Service } from './compose-file.ts';
import { type Container, containerOf, type Given, kill, nodeIn } from './container.ts';
import { buildImage, type ImageConfig, inspectImage, removeImages, TAG } from './image.ts';
import { ensureBase } from './stand-in-base.ts';
import { type ComposedStore, composeStore } from './store.ts';
import { whyNoContainers } from './tools.ts';

const UID = 1000;

const reason = whyNoContainers();
if (reason !== undefined) console.log(`The container is neither built nor run: ${reason}.`);

describe.skipIf(reason !== undefined)('the container', () => {
  const canary = `canary${randomBytes(16).toString('hex')}`;
  let config: ImageConfig;
  let metadata: string;
  let store: ComposedStore;
  let container: Container;

  beforeAll(async () => {
    prepareCache();
    removeImages();
    ensureBase();
    buildImage(REPOSITORY, canary);
    ({ config, text: metadata } = inspectImage());
    store = await composeStore(await testServer(18), UID);
    container = containerOf(TAG, config);
  }, 240_000);

  afterAll(async () => {
    container?.remove();
    removeImages();
    await store?.drop();
  });

  test('says how it is run: unprivileged, without a shell, with a health check', () => {
    expect(config.User).toBe('1000:1000');
    expect(config.Entrypoint).toEqual([
      'node',
      '--max-semi-space-size=8',
      '--heap-growing-percent=30',
      '--single-threaded-gc',
      '/app/dist/cli/main.js',
    ]);
    expect(config.Cmd).toEqual(['serve']);
    expect(config.StopSignal).toBe('SIGTERM');
    expect(config.Healthcheck.Test.slice(0, 2)).toEqual(['CMD', 'node']);
    expect(Object.keys(config.Volumes)).toEqual(['/var/lib/countersign']);
  });

  test('holds what runs and nothing else', () => {
    const lock = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8'));
    const installed = packagesIn(join(container.root, 'app/node_modules'));
    expect(installed).toEqual(expect.arrayContaining(['pg', 'express']));
    expect(installed.filter((name) => !isForProduction(lock.packages, name))).toEqual([]);
    expect(readdirSync(join(container.root, 'app')).sort()).toEqual(
      ['LICENSE', 'dist', 'migrations', 'node_modules', 'package-lock.json', 'package.json'].sort(),
    );
  });

  test('has no database server, no package manager, no settings of the package manager', () => {
    expect(named('postgres', 'initdb', 'pg_ctl')).toEqual([]);
    expect(named('npm', 'npx', 'yarn', 'corepack', '.npmrc')).toEqual([]);
    expect(named('node')).toContain('/usr/local/bin/node');
  });

  test('keeps nothing of the build secrets', () => {
    expect(metadata).not.toContain(canary);
    const search = tryCommand('grep', ['-rlF', '--devices=skip', '-e', canary, container.root]);
    expect(search).toEqual({ status: 1, output: '' });
  });

  test('gives its user nothing to change but the state directory', () => {
    const state = lstatSync(join(container.root, 'var/lib/countersign'));
    expect([state.uid, state.gid, state.mode & 0o777]).toEqual([UID, UID, 0o700]);
    const app = join(container.root, 'app');
    expect(find(app, '(', '!', '-uid', '0', '-o', '!', '-type', 'l', '-perm', '/022', ')')).toEqual(
      [],
    );
    expect(find(app, '-type', 'f', '!', '-perm', '-444')).toEqual([]);
    expect(find(app, '-type', 'd', '!', '-perm', '-555')).toEqual([]);
  });

  test('migrates, serves, is healthy, and stops when told to', { timeout: 60_000 }, async () => {
    const { migrate } = compose.services;
    for (const round of ['first', 'second']) {
      const { status, output } = container.run(
        [...config.Entrypoint, ...(migrate.command ?? [])],
        given(migrate),
      );
      expect({ round, status, output }).toMatchObject({ status: 0 });
    }
    const port = await freePort();
    const serve = given(compose.services.countersign, { COUNTERSIGN_PORT: String(port) });
    const health = () => container.run(config.Healthcheck.Test.slice(1), serve).status;
    expect(health()).not.toBe(0);

    const broker = container.confine([...config.Entrypoint, ...config.Cmd], serve);
    try {
      await untilAlive(port, broker);
      const node = nodeIn(broker) ?? 0;
      expect(userIds(node)).toEqual(Array(4).fill(String(UID)));
      expect(readFileSync(`/proc/${node}/status`, 'utf8')).toMatch(/^CapBnd:\s+0+$/m);
      expect(health()).toBe(0);
      process.kill(node, 'SIGTERM');
      expect((await endOf(broker)).status).toBe(0);
    } finally {
      kill(broker);
    }
    for (const value of store.values) expect(broker.output()).not.toContain(value);
    expect(health()).not.toBe(0);
  });

  /** What compose.yaml gives to a service: its variables, and exactly its secrets. */
  function given({ environment, secrets }: Service, more: Record<string, string> = {}): Given {
    const env = Object.entries({ ...environment, ...more }).map(([name, value]) => [
      name,
      value.replace(/^\$\{COUNTERSIGN_ISSUER:.*\}$/, 'https://broker.example.com'),
    ]);
    return { env: Object.fromEntries(env), secrets: store.secrets(secrets ?? []) };
  }

  /** Paths in the image of everything with one of these names. */
  function named(...names: string[]): string[] {
    const tests = names.flatMap((name, at) => [...(at === 0 ? [] : ['-o']), '-name', name]);
    return find(container.root, '-not', '-type', 'd', '(', ...tests, ')').map((path) =>
      path.slice(container.root.length),
    );
  }
});

/** Waits until /healthz answers 200; a broker that ended is an error at once. */
async function untilAlive(port: number, broker: Running): Promise<void> {
  const ended = broker.ended.then(({ status, output }) => {
    throw new Error(`serve ended with ${status}:\n${output}`);
  });
  const alive = vi.waitFor(
    async () => expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200),
    { timeout: 20_000, interval: 100 },
  );
  await Promise.race([alive, ended]);
}

/** Waits for its end, but not for ever: what hangs is killed afterwards. */
async function endOf(broker: Running): Promise<Ended> {
  const hangs = new Promise<never>((_, reject) => {
    const error = () => new Error(`still running after SIGTERM:\n${broker.output()}`);
    setTimeout(() => reject(error()), 15_000).unref();
  });
  return Promise.race([broker.ended, hangs]);
}

/** The first paths below `root` that pass. */
function find(root: string, ...tests: string[]): string[] {
  const { output } = tryCommand('find', [root, '-xdev', ...tests]);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .slice(0, 20);
}

/** The names of the packages directly below a node_modules folder. */
function packagesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@')
        ? readdirSync(join(folder, name)).map((part) => `${name}/${part}`)
        : [name],
    );
}

function isForProduction(
  locked: Readonly<Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>>,
  name: string,
): boolean {
  const entry = locked[`node_modules/${name}`];
  return entry !== undefined && !entry.dev && !entry.optional && !entry.devOptional;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
