import { access, constants, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Secret } from '../../domain/secret.ts';
import { serverAccount } from './account.ts';
import { defaultPackage, findBinaries } from './binaries.ts';
import { clusterOf, prepareCluster, SUPERUSER } from './cluster.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { keepRunning } from './keep-running.ts';
import { clearLeftovers } from './orphan.ts';
import { choosePort } from './port.ts';
import { PortTaken, type Postmaster, startPostmaster } from './postmaster.ts';
import { dataDirUnwritable } from './start-error.ts';

const PORT_ATTEMPTS = 5;

export interface EmbeddedPostgresOptions {
  /** Made (mode 0700) when missing; the database lies in `postgres/` inside it. */
  readonly dataDir: string;
  /** False only where losing everything in a crash does not matter (tests). Default: true. */
  readonly fsync?: boolean;
  /** The npm package with the programs; default: PostgreSQL 18 for this system. */
  readonly packageName?: string;
  /** Further `-c name=value` settings. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Gets the server's own log, a line at a time. It holds no statement texts. */
  readonly log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly superuser: string;
  readonly password: Secret;
  /** The postmaster's process id; another one after it crashed and was started again. */
  pid(): number;
  /** Ends all sessions, writes a checkpoint, waits for the end, releases the data directory. */
  stop(): Promise<void>;
}

/** A session that reads a failing statement in the log would read the verifiers in it. */
const QUIET = { log_min_error_statement: 'panic', log_statement: 'none' };
const VOLATILE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts a PostgreSQL server of our own in a data directory, on a loopback port of its own, and
 * returns when it accepts connections. A second start reuses the data, also after this process was
 * killed: the server it left behind is shut down first.
 * Throws `EmbeddedPostgresError` with one clear line: directory in use, not writable, no programs.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  await ensureWritable(dataDir);
  const release = await lockDataDir(dataDir);
  try {
    const { server, port, password } = await startIn(dataDir, options);
    return {
      host: '127.0.0.1',
      port,
      superuser: SUPERUSER,
      password,
      pid: server.pid,
      stop: async () => {
        await server.stop();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function startIn(dataDir: string, options: EmbeddedPostgresOptions) {
  const { log = () => undefined, fsync = true, settings = {} } = options;
  const account = serverAccount();
  const bin = await findBinaries(options.packageName ?? defaultPackage(), account, dataDir);
  const password = await prepareCluster(dataDir, bin, account);
  const cluster = clusterOf(dataDir);
  const all = {
    unix_socket_directories: '',
    ...QUIET,
    ...(fsync ? {} : VOLATILE),
    ...settings,
  };
  const start = async (port: number) => {
    await clearLeftovers(cluster, log);
    return startPostmaster({ bin, cluster, account, port, settings: all, log });
  };
  const first = await startOnFreePort(dataDir, start);
  const { port } = first;
  return { server: keepRunning(first, () => start(port), log), port, password };
}

async function startOnFreePort(
  dataDir: string,
  start: (port: number) => Promise<Postmaster>,
): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await choosePort(dataDir));
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function ensureWritable(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw dataDirUnwritable(dataDir, error);
  }
}
