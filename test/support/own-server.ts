import { mkdtemp, rm } from 'node:fs/promises';
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

export async function startOwnServer(): Promise<OwnServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-test-'));
  const server = await startEmbeddedPostgres({ dataDir });
  const { port, superuser: user, password } = server;
  return {
    ...serverAt({ major: 18, port, user, password: password.reveal() }),
    kill: () => void process.kill(server.pid(), 'SIGKILL'),
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
