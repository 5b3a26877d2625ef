import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { availableParallelism, setPriority } from 'node:os';
import pg from 'pg';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../src/platform/embedded-postgres/start.ts';

/** A PostgreSQL server of the bench: fsync on, on the core of whoever started it (ours). */
export interface Database {
  /** As the superuser unless told otherwise. */
  url(database: string, user?: string, password?: string): string;
  /** Runs statements one by one as the superuser. */
  run(database: string, ...statements: readonly string[]): Promise<void>;
  /**
   * From here on its new sessions take what others leave of all cores: it stands for another machine, and
   * must not keep the store and the broker from theirs.
   */
  standAside(): void;
  stop(): Promise<void>;
}

/** Enough sessions for both servers' pools and the bench's own. */
const SETTINGS = { max_connections: '200', shared_buffers: '256MB' };

export async function startDatabase(dataDir: string): Promise<Database> {
  await mkdir(dataDir, { recursive: true });
  const server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  const url = (
    database: string,
    user = server.superuser,
    password = server.password.reveal(),
  ): string =>
    `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${server.host}:${server.port}/${database}`;
  return {
    url,
    standAside: () => standAside(server.pid()),
    stop: () => server.stop(),
    async run(database, ...statements) {
      const session = new pg.Client({ connectionString: url(database) });
      await session.connect();
      try {
        for (const statement of statements) await session.query(statement);
      } finally {
        await session.end();
      }
    },
  };
}

const LOWEST = 19;
const LOOK_MS = 50;

function standAside(pid: number): void {
  setPriority(pid, LOWEST);
  const cores = `0-${availableParallelism() - 1}`;
  try {
    execFileSync('taskset', ['-c', '-p', cores, String(pid)], { stdio: 'ignore' });
  } catch {
    // Nothing was pinned then.
  }
  const aside = new Set<string>();
  setInterval(() => putGroupsAside(pid, aside), LOOK_MS).unref();
}

/**
 * Linux with autogroups shares the processor between sessions, and priorities count within a session only.
 * Each process of PostgreSQL is a session of its own: there each needs the priority of its group lowered.
 */
function putGroupsAside(postmaster: number, done: Set<string>): void {
  for (const pid of childrenOf(postmaster)) {
    if (done.has(pid)) continue;
    done.add(pid);
    try {
      writeFileSync(`/proc/${pid}/autogroup`, String(LOWEST));
    } catch {
      // No autogroups here, or too many changes at once for somebody who is not root.
    }
  }
}

function childrenOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  } catch {
    return [];
  }
}
