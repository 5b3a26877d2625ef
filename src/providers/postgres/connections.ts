import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { providerFailed } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import type { Reach } from '../../ports/provider.ts';
import { type AdminTarget, readAdminUrl } from './admin-url.ts';
import { clientConfig, LONG, statementsOf } from './client-config.ts';
import { asProviderFailure } from './failures.ts';

const MAX_CONNECTIONS = 4;

/** One admin session for the length of one piece of work. */
export interface AdminSession {
  readonly client: pg.ClientBase;
  /** Major version of the server: 14, 15, … */
  readonly major: number;
  /** The server's system identifier, where the admin may read it: a standby has its primary's. */
  readonly identity: string | undefined;
  readonly target: AdminTarget;
}

interface ResourcePool {
  /** Generations count within one secret: another secret's say nothing about this one's. */
  readonly secret: string;
  readonly generation: number;
  readonly pool: pg.Pool;
  readonly target: AdminTarget;
}

type ServerFacts = Pick<AdminSession, 'major' | 'identity'>;

function ended(): Error {
  return providerFailed(
    'provider_unavailable',
    'The call was ended before the database answered. Try again.',
  );
}

/** Waits `ms` milliseconds, or fails as soon as the signal says so. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {
    throw ended();
  });
}

/** A lost connection is reported by the query that runs on it; unheard, the event would end the process. */
function quiet(client: pg.ClientBase): void {
  client.on('error', () => undefined);
}

/** Read once per connection, since at the other end of the next one may be another server. */
const facts = new WeakMap<pg.ClientBase, ServerFacts>();

async function factsOf(client: pg.ClientBase): Promise<ServerFacts> {
  const known = facts.get(client);
  if (known) return known;
  const { rows } = await client.query<{ major: number; readable: boolean | null }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS major,
       has_function_privilege(to_regprocedure('pg_control_system()')::oid, 'EXECUTE') AS readable`,
  );
  const identity = rows[0]?.readable
    ? await client.query<{ id: string }>(
        'SELECT system_identifier::text AS id FROM pg_control_system()',
      )
    : undefined;
  const read = { major: rows[0]?.major ?? 0, identity: identity?.rows[0]?.id };
  facts.set(client, read);
  return read;
}

/** Work on a connection of its own, cut at once by the signal. @throws what the driver threw, or that it was ended */
async function onClient<T>(
  config: pg.ClientConfig,
  signal: AbortSignal,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw ended();
  const client = new pg.Client(config);
  quiet(client);
  const abort = (): void => void client.end().catch(() => undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw signal.aborted ? ended() : error;
  } finally {
    signal.removeEventListener('abort', abort);
    await client.end().catch(() => undefined);
  }
}

/** Admin connections: a bounded pool per resource, replaced when its root credential changes. */
export class AdminConnections {
  readonly #pools = new Map<string, ResourcePool>();
  readonly #networkAllow: ReadonlySet<string>;

  constructor(networkAllow: ReadonlySet<string>) {
    this.#networkAllow = networkAllow;
  }

  /**
   * Runs `work` on an admin connection to the resource's database. A connection on which anything failed
   * is thrown away with whatever state it was in; an aborted signal cuts it at once.
   */
  async use<T>(reach: Reach, work: (session: AdminSession) => Promise<T>): Promise<T> {
    if (reach.signal.aborted) throw ended();
    const entry = this.#pool(reach);
    let client: pg.PoolClient;
    try {
      client = await acquire(entry.pool, reach.signal);
    } catch (error) {
      throw reach.signal.aborted ? ended() : asProviderFailure(error);
    }
    let released = false;
    const release = (destroy: boolean): void => {
      if (released) return;
      released = true;
      client.release(destroy);
    };
    const abort = (): void => release(true);
    reach.signal.addEventListener('abort', abort, { once: true });
    try {
      const result = await work({ client, ...(await factsOf(client)), target: entry.target });
      release(false);
      return result;
    } catch (error) {
      release(true);
      throw reach.signal.aborted ? ended() : asProviderFailure(error);
    } finally {
      reach.signal.removeEventListener('abort', abort);
    }
  }

  /**
   * The same on a connection of its own to another database of the server (`undefined`: the resource's),
   * closed afterwards.
   */
  useOnce<T>(
    reach: Reach,
    database: string | undefined,
    work: (session: AdminSession) => Promise<T>,
  ): Promise<T> {
    const { target } = this.#pool(reach);
    return this.#once(reach, target, clientConfig(target, database ?? target.database), work);
  }

  /** The same for work that takes minutes; the signal is what bounds it. */
  useLong<T>(
    reach: Reach,
    database: string | undefined,
    work: (session: AdminSession) => Promise<T>,
  ): Promise<T> {
    const { target } = this.#pool(reach);
    const config = clientConfig(target, database ?? target.database);
    return this.#once(reach, target, { ...config, ...LONG }, work);
  }

  /** The same as another user. @param longestMs for one statement, where it is not the usual time */
  useAs<T>(
    reach: Reach,
    login: { readonly database: string; readonly user: string; readonly password: Secret },
    work: (session: AdminSession) => Promise<T>,
    longestMs?: number,
  ): Promise<T> {
    const { target } = this.#pool(reach);
    const time = longestMs === undefined ? {} : statementsOf(longestMs);
    const user = { user: login.user, password: login.password.reveal() };
    const config = { ...clientConfig(target, login.database), ...time, ...user };
    return this.#once(reach, target, config, work);
  }

  async #once<T>(
    reach: Reach,
    target: AdminTarget,
    config: pg.ClientConfig,
    work: (session: AdminSession) => Promise<T>,
  ): Promise<T> {
    try {
      return await onClient(config, reach.signal, async (client) =>
        work({ client, ...(await factsOf(client)), target }),
      );
    } catch (error) {
      throw asProviderFailure(error);
    }
  }

  /** @throws provider_misconfigured when this is no admin URL that could be connected to */
  check(root: Reach['root']): void {
    readAdminUrl(root.value, this.#networkAllow);
  }

  /**
   * The same on a connection of its own with exactly this root credential, whatever the pool has seen.
   * @throws what the driver threw; the caller tells a refused login from a failure
   */
  async useExactly<T>(
    { root, signal }: Pick<Reach, 'root' | 'signal'>,
    work: (client: pg.ClientBase) => Promise<T>,
  ): Promise<T> {
    const target = readAdminUrl(root.value, this.#networkAllow);
    return onClient(clientConfig(target, target.database), signal, work);
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(({ pool }) => pool.end()));
  }

  /** The pool of the newest generation seen: a caller that still holds an older one is served by it too. */
  #pool({ resource, root }: Reach): ResourcePool {
    const { secret } = resource.connection.url;
    const known = this.#pools.get(resource.name);
    if (known?.secret === secret && known.generation >= root.generation) return known;
    const target = readAdminUrl(root.value, this.#networkAllow);
    const pool = new pg.Pool({
      ...clientConfig(target, target.database),
      max: MAX_CONNECTIONS,
      idleTimeoutMillis: 60_000,
      allowExitOnIdle: true,
    });
    pool.on('connect', quiet);
    pool.on('error', () => undefined);
    const entry = { secret, generation: root.generation, pool, target };
    this.#pools.set(resource.name, entry);
    void known?.pool.end().catch(() => undefined);
    return entry;
  }
}

/** A connection from the pool, or a rejection as soon as the signal says so. */
function acquire(pool: pg.Pool, signal: AbortSignal): Promise<pg.PoolClient> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(ended());
    signal.addEventListener('abort', abort, { once: true });
    pool.connect().then(
      (client) => {
        signal.removeEventListener('abort', abort);
        if (signal.aborted) client.release();
        else resolve(client);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(error instanceof Error ? error : new Error('no connection'));
      },
    );
  });
}
