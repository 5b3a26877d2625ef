import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The server under test has this core to itself; everything else runs on {@link REST_CORE}. */
const SERVER_CORE = 0;
const REST_CORE = 1;

/** How a process gets onto a core here, or why none can be pinned. */
export interface Cores {
  readonly pinned: boolean;
  /** One sentence for the reader. */
  readonly said: string;
}

/**
 * Moves this process, and so every child it starts later (load generator, PostgreSQL), to
 * {@link REST_CORE}; servers are then started through {@link onServerCore}.
 */
export function takeCores(): Cores {
  if (availableParallelism() < 2) {
    return { pinned: false, said: 'one core only: server, load and PostgreSQL share it' };
  }
  try {
    execFileSync('taskset', ['-a', '-c', '-p', String(REST_CORE), String(process.pid)], {
      stdio: 'ignore',
    });
  } catch {
    return { pinned: false, said: 'no taskset here: nothing is pinned to a core' };
  }
  return {
    pinned: true,
    said: `servers on core ${SERVER_CORE}; load and PostgreSQL on core ${REST_CORE}`,
  };
}

/** The command line that runs `command` on the server's core, where pinning works. */
export function onServerCore(cores: Cores, command: readonly string[]): readonly string[] {
  return cores.pinned ? ['taskset', '-c', String(SERVER_CORE), ...command] : command;
}
