import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/start.ts';
import { serverAt, type TestServer } from './postgres.ts';

/** A PostgreSQL server of one test's own, which may be killed: it is started again by itself. */
export interface OwnServer extends TestServer {
  /** `kill -9`: what was committed is there when it is back, on the same port. */
  kill(): void;
  stop(): Promise<void>;
}

const PACKAGES = { 14: 'embedded-postgres-14-linux-x64' } as const;

/** @param options.fsync false only where the server is never killed */
export async function startOwnServer(
  major: 14 | 18 = 18,
  options: { readonly fsync?: boolean } = {},
): Promise<OwnServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-test-'));
  // Where we are root, PostgreSQL 14 runs only below folders that are open to all.
  await chmod(dataDir, 0o711);
  const server = await startEmbeddedPostgres({
    dataDir,
    ...(major === 14 ? { packageName: PACKAGES[major] } : {}),
    ...options,
    settings: { max_prepared_transactions: '10' },
  });
  const { port, superuser: user, password } = server;
  return {
    ...serverAt({ major, port, user, password: password.reveal() }),
    kill: () => void process.kill(server.pid(), 'SIGKILL'),
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
