import { isBrokerError, type ProviderFailure, providerFailed } from '../../domain/errors.ts';

/** SQLSTATE or Node error code of whatever was thrown; empty when it has none. */
export function failureCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** Something else touched the same rows or locks: the same statement may well succeed now. */
export function isContention(error: unknown): boolean {
  const code = failureCode(error);
  if (code === '55P03' || code === '40P01' || code === '40001') return true;
  return (
    code === 'XX000' &&
    error instanceof Error &&
    /tuple concurrently|find tuple for role/.test(error.message)
  );
}

type Rule = readonly [RegExp, ProviderFailure, string];

const UNREACHABLE =
  'The database server cannot be reached. Check that it runs and that its address is right.';
const LOGIN =
  'The database refused the admin login. Set the admin URL again with the right user and password.';

/** First match wins; each text ends with what to do next. */
const RULES: readonly Rule[] = [
  [/^53300$/, 'provider_throttled', 'The database has no free connection. Try again shortly.'],
  [/^53/, 'provider_throttled', 'The database is out of resources. Try again shortly.'],
  [/^28/, 'provider_misconfigured', LOGIN],
  [
    /^3D000$/,
    'provider_misconfigured',
    'The database named in the admin URL does not exist. Correct the URL.',
  ],
  [
    /^(42501|0L000|0LP01)$/,
    'provider_misconfigured',
    'The admin login lacks a privilege. Probe the resource: it prints the SQL to fix it.',
  ],
  [
    /^(42P01|42703|3F000|42704)$/,
    'provider_misconfigured',
    'Something the scope names does not exist in the database. Probe the resource.',
  ],
  [
    /^55P03$/,
    'provider_unavailable',
    'Another session holds a lock that is needed here. Try again shortly.',
  ],
  [/^57014$/, 'provider_unavailable', 'The database took too long to answer. Try again shortly.'],
  [/^(57P|08|40|58)/, 'provider_unavailable', UNREACHABLE],
  [/^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|EHOST|ENET|EADDR)/, 'provider_unavailable', UNREACHABLE],
  [
    /CERT|SELF_SIGNED|UNABLE_TO|^ERR_(TLS|SSL)|^EPROTO/,
    'provider_misconfigured',
    'The certificate of the database server cannot be verified. Give it one from an authority this broker trusts (NODE_EXTRA_CA_CERTS adds one), for the host name of the admin URL.',
  ],
];

/** The same by text, for the errors of the driver that carry no code. */
const TEXTS: readonly Rule[] = [
  // The pool's words for: every admin connection was busy all the while.
  [
    /timeout exceeded when trying to connect/,
    'provider_throttled',
    'Too much is asked of this database at once. Try again shortly.',
  ],
  [
    /does not support SSL/,
    'provider_misconfigured',
    'The database server offers no TLS. Turn it on there, or list its host:port in COUNTERSIGN_NETWORK_ALLOW.',
  ],
  [
    /timeout|terminated|closed|not queryable|Cannot use a pool/i,
    'provider_unavailable',
    UNREACHABLE,
  ],
];

/**
 * Any failure of the driver or the server as one of the four provider errors. The text says what to do
 * and holds no part of the admin URL or of a statement; the cause keeps code and message only, since
 * a server's error object can quote statements.
 */
export function asProviderFailure(error: unknown): Error {
  if (isBrokerError(error)) return error;
  const code = failureCode(error);
  const message = error instanceof Error ? error.message : '';
  const rule =
    RULES.find(([pattern]) => pattern.test(code)) ??
    TEXTS.find(([pattern]) => pattern.test(message));
  const cause = new Error(`${code} ${message}`.trim());
  if (rule) return providerFailed(rule[1], rule[2], cause);
  const state = /^[0-9A-Z]{5}$/.test(code) ? ` (SQLSTATE ${code})` : '';
  return providerFailed(
    'provider_rejected',
    `The database refused the statement${state}. Probe the resource to see what is missing.`,
    cause,
  );
}
