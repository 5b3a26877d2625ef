import type pg from 'pg';
import type { AdminTarget } from './admin-url.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 20_000;
/** Longest statement of a connection for long work: an index over a large table. */
const LONG_STATEMENT_MS = 6 * 3_600_000;

/**
 * Settings of every admin session. Given as start-up options so that neither PGOPTIONS nor settings of the
 * admin role decide: names resolve in pg_catalog only, nothing waits for ever.
 */
function options(statement: string, idle: string): string {
  return [
    ['search_path', 'pg_catalog,pg_temp'],
    ['statement_timeout', statement],
    ['lock_timeout', '3s'],
    ['idle_in_transaction_session_timeout', idle],
    ...SETTINGS,
  ]
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}
const SETTINGS = [
  ['default_transaction_read_only', 'off'],
  ['default_transaction_isolation', 'read\\ committed'],
  ['client_min_messages', 'warning'],
] as const;
const OPTIONS = options('15s', '15s');

/** What differs on a connection for work that takes minutes. */
export const LONG = {
  options: options(`${LONG_STATEMENT_MS}ms`, '10min'),
  query_timeout: LONG_STATEMENT_MS,
} as const;

/** For a login that runs one statement of somebody else: it has this long, and its transaction waits for the store. */
export function statementsOf(longestMs: number) {
  return {
    options: `${options(`${longestMs}ms`, '60s')} -c standard_conforming_strings=on`,
    query_timeout: longestMs + 5_000,
  };
}

/** Everything is said explicitly, since the driver fills gaps from PG* environment variables. */
export function clientConfig(target: AdminTarget, database: string): pg.ClientConfig {
  return {
    host: target.host,
    port: target.port,
    database,
    user: target.user,
    password: target.password.reveal(),
    // `host` is what an address in the certificate is compared with; a name is added by the driver.
    ssl: target.tls
      ? { rejectUnauthorized: true, minVersion: 'TLSv1.2', host: target.host }
      : false,
    sslnegotiation: 'postgres',
    options: OPTIONS,
    application_name: 'countersign',
    client_encoding: 'UTF8',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    // Not in the driver's types; an absent value would let PGREPLICATION through.
    ...{ replication: 'false' },
  };
}
