import pg from 'pg';
import { BrokerError, internal, isBrokerError, storeUnavailable } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';

export interface StoreOptions {
  /** `postgres://…` of the runtime role. */
  readonly url: Secret;
  readonly poolSize: number;
}

export type Pool = pg.Pool;
export type Tx = pg.ClientBase;

/** How every connection to the store is made; also used by listeners of their own. */
export function connectionConfig(url: Secret): pg.ClientConfig {
  return {
    connectionString: url.reveal(),
    // Whoever cannot have a row soon gives back what it holds: the gate, and its connection.
    options: '-c search_path=countersign -c lock_timeout=4s',
    application_name: 'countersign',
    connectionTimeoutMillis: 3_000,
    statement_timeout: 15_000,
    // A line that went dead without a word: the server's own limit never arrives.
    query_timeout: 17_000,
    idle_in_transaction_session_timeout: 15_000,
    keepAlive: true,
    // Statements that were sent without waiting travel together; answers come in their order.
    pipeline: true,
  };
}

export function createPool(options: StoreOptions): Pool {
  const pool = new pg.Pool({ ...connectionConfig(options.url), max: options.poolSize });
  // A broken connection is replaced at the next use. Unheard, the event would end the process, also
  // where it breaks between two statements of a transaction: then nobody but us listens to the client.
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('error', () => undefined);
  return pool;
}

/** SQLSTATE of a PostgreSQL error, if it is one. No class begins with E, but EPIPE has five letters, too. */
function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^(?!E)[0-9A-Z]{5}$/.test(error.code)
    ? error.code
    : undefined;
}

/** Class 08, 53, 57, 25006 and 55P03, or no SQLSTATE at all: the store is away, not the request wrong. */
function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined)
    return /^(08|53|57)/.test(state) || ['25006', '28P01', '55P03'].includes(state);
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') return /^E[A-Z]+$/.test(error.code);
  return /connection|timeout|client has encountered/i.test(error.message);
}

/** Gives an error of the driver its name; others pass unchanged. */
export function named(error: unknown): unknown {
  if (isBrokerError(error)) return error;
  return isUnavailable(error) ? storeUnavailable(error) : error;
}

/** A statement that is parsed once per connection: for the hot path, where parsing is what costs. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** One statement, in a transaction or by itself. */
export async function query<R extends pg.QueryResultRow>(
  db: Pool | Tx,
  statement: string | Prepared,
  values: readonly unknown[] = [],
): Promise<R[]> {
  const config = typeof statement === 'string' ? { text: statement } : statement;
  try {
    return (await db.query<R>({ ...config, values: [...values] })).rows;
  } catch (error) {
    throw named(error);
  }
}

/** Statements on their way that nobody waits for but the end of their transaction. */
const sent = new WeakMap<Tx, Promise<unknown>[]>();

/**
 * Sends a statement of a transaction without waiting for its answer: it travels with whatever is sent
 * next, and its failure fails the transaction.
 */
export function send(tx: Tx, statement: string | Prepared, values: readonly unknown[] = []): void {
  const answer = query(tx, statement, values);
  // Heard here, so that it is nobody's unhandled rejection; thrown by `transaction`.
  answer.catch(() => undefined);
  const others = sent.get(tx);
  if (others) others.push(answer);
  else sent.set(tx, [answer]);
}

/**
 * Runs `work` in one transaction; anything it throws rolls back. `begin` and `opening` travel with
 * its first statement, `commit` with what it sent last.
 *
 * @param opening first statements, without parameters
 */
export async function transaction<T>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  opening = '',
): Promise<T> {
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw named(error);
  }
  send(client, opening === '' ? 'begin' : `begin; ${opening}`);
  try {
    const result = await work(client);
    const committed = client.query('commit');
    committed.catch(() => undefined);
    await allSent(client);
    // A transaction that had failed before commits as nothing, and says so only here.
    if ((await committed).command !== 'COMMIT') throw internal('the transaction did not commit');
    client.release();
    return result;
  } catch (error) {
    // What failed first says why; what was sent behind it only failed with it.
    const cause = await allSent(client).then(
      () => error,
      (first: unknown) => first,
    );
    await rollBack(client, cause);
    throw named(cause);
  }
}

/** Waits for everything sent. @throws the first failure, in the order of sending */
async function allSent(client: Tx): Promise<void> {
  const answers = sent.get(client) ?? [];
  sent.delete(client);
  const outcomes = await Promise.allSettled(answers);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

async function rollBack(client: pg.PoolClient, cause: unknown): Promise<void> {
  try {
    await client.query('rollback');
    client.release();
  } catch {
    client.release(cause instanceof Error ? cause : true);
  }
}

/**
 * Sent with `begin` by a narrowing: it outwaits whoever stands in its way, since they give up after
 * the `lock_timeout` of their connection.
 */
export const OUTWAIT = "set local lock_timeout = '12s'";

/** The first row, or the given error. */
export function one<R>(rows: readonly R[], otherwise: () => BrokerError): R {
  const row = rows[0];
  if (row === undefined) throw otherwise();
  return row;
}
