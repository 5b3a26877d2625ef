import { readdirSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { compile, freshBuild, ROOT } from '../scripts/ensure.mjs';
import { defaultPackage } from '../src/platform/embedded-postgres/binaries.ts';
import { isAlive } from '../src/platform/embedded-postgres/processes.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../src/platform/embedded-postgres/start.ts';
import { sweepAbandoned } from './support/abandoned.ts';
import type { ServerAddress } from './support/provided.ts';

const PREFIX = 'countersign-test-';

const SERVERS = [
  { major: 18, packageName: defaultPackage(), required: true },
  { major: 14, packageName: 'embedded-postgres-14-linux-x64', required: false },
];

const SETTINGS = {
  max_connections: '300',
  max_prepared_transactions: '10',
  shared_buffers: '64MB',
};

/** Provides what the tests of a run share: compiled sources, and PostgreSQL servers until its end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const removeBuild = provideBuild(project);
  const stopServers = await provideServers(project);
  return async () => {
    removeBuild();
    await stopServers();
  };
}

/**
 * `dist` where it is fresh (`npm test` makes it so), else a build for this run alone. Builds of runs
 * that were killed are removed.
 */
function provideBuild(project: TestProject): () => void {
  for (const name of readdirSync(ROOT)) {
    const [, pid] = /^dist-test-(\d+)/.exec(name) ?? [];
    if (pid && !isAlive(Number(pid))) rmSync(join(ROOT, name), { recursive: true, force: true });
  }
  const fresh = freshBuild();
  const folder = fresh ?? join(ROOT, `dist-test-${process.pid}`);
  if (!fresh) compile('tsconfig.build.json', folder, { evenWithErrors: true });
  project.provide('built', folder);
  return () => {
    if (!fresh) rmSync(folder, { recursive: true, force: true });
  };
}

async function provideServers(project: TestProject): Promise<() => Promise<void>> {
  await sweepAbandoned(tmpdir(), PREFIX);
  const home = await mkdtemp(join(tmpdir(), PREFIX));
  await chmod(home, 0o711);
  const started: EmbeddedPostgres[] = [];
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
    await rm(home, { recursive: true, force: true });
  };
  const addresses = await Promise.all(
    SERVERS.map(async ({ major, packageName, required }): Promise<ServerAddress[]> => {
      try {
        const dataDir = join(home, String(major));
        // Where we are root, PostgreSQL 14 runs only below folders that are open to all.
        await mkdir(dataDir, { mode: 0o711 });
        const server = await startEmbeddedPostgres({
          dataDir,
          packageName,
          fsync: false,
          settings: SETTINGS,
        });
        started.push(server);
        const { port, superuser, password } = server;
        return [{ major, port, user: superuser, password: password.reveal() }];
      } catch (error) {
        if (required || !isMissing(error)) throw error;
        console.log(`No PostgreSQL ${major} for this system: its tests are skipped.`);
        return [];
      }
    }),
  ).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  project.provide('postgres', addresses.flat());
  return stop;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('no embedded PostgreSQL');
}
