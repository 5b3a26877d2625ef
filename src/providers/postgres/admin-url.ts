import { isIP } from 'node:net';
import { providerFailed } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';

/** Where a resource's database is and who its admin is, read from the root credential. */
export interface AdminTarget {
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret;
  /** Encrypted, with the certificate verified against the host's name. */
  readonly tls: boolean;
}

const ENCRYPTED = new Set(['require', 'verify-ca', 'verify-full']);

function misconfigured(problem: string): Error {
  return providerFailed(
    'provider_misconfigured',
    `The admin URL of this resource ${problem}. Set it again as postgres://user:password@host:port/database.`,
  );
}

function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === 'localhost';
}

function decode(part: string, what: string): string {
  try {
    const text = decodeURIComponent(part);
    if (text !== '' && !text.includes('\0')) return text;
  } catch {
    // falls through: a stray % is no password we could log in with
  }
  throw misconfigured(`has no usable ${what}`);
}

/** Plain text only over loopback, or where an operator listed this exact host:port. */
function wantsTls(url: URL, host: string, port: number, allow: ReadonlySet<string>): boolean {
  const mode = url.searchParams.get('sslmode');
  if (mode !== null && ENCRYPTED.has(mode)) return true;
  if (mode !== null && mode !== 'disable') throw misconfigured('has an unknown sslmode');
  if (isLoopback(host) || allow.has(`${host}:${port}`) || allow.has(`${url.hostname}:${port}`)) {
    return false;
  }
  if (mode === 'disable') {
    throw misconfigured(
      'turns encryption off; list its host:port in COUNTERSIGN_NETWORK_ALLOW to permit that, or drop sslmode',
    );
  }
  return true;
}

/**
 * Reads `postgres://user:password@host:port/database[?sslmode=…]`. Every part is required except the
 * port (5432), so that nothing is filled in from the environment.
 * @throws provider_misconfigured, never naming any part of the URL
 */
export function readAdminUrl(value: Secret, networkAllow: ReadonlySet<string>): AdminTarget {
  let url: URL;
  try {
    url = new URL(value.reveal());
  } catch {
    throw misconfigured('is not a URL');
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw misconfigured('does not begin with postgres://');
  }
  for (const name of url.searchParams.keys()) {
    if (name !== 'sslmode') throw misconfigured('has a parameter other than sslmode');
  }
  const host = decode(url.hostname.replace(/^\[(.*)\]$/, '$1'), 'host');
  const port = url.port === '' ? 5432 : Number(url.port);
  return {
    host,
    port,
    database: decode(url.pathname.slice(1), 'database name'),
    user: decode(url.username, 'user name'),
    password: new Secret(decode(url.password, 'password')),
    tls: wantsTls(url, host, port, networkAllow),
  };
}
