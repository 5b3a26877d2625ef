import type { IncomingMessage } from 'node:http';
import { randomBytes } from 'node:crypto';
import { invalidRequest } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';

/**
 * `__Host-` (RFC 6265bis §4.1.3.2): set over TLS or by localhost, by this very host, for all of it. No
 * other host, not even one below the same domain, can set or read it.
 */
const SESSION = '__Host-countersign';
/** Binds a ceremony to its browser, also when it comes back from the identity provider: hence Lax. */
const BROWSER = '__Host-countersign-browser';
const VALUE = /^[A-Za-z0-9_-]{43}$/;
const BROWSER_SECONDS = 3600;
const SESSION_SECONDS = 12 * 3600;

/** The cookie of that name. @throws invalidRequest when it was sent twice, which has two readings */
function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const values = (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  if (values.length > 1) throw invalidRequest(`The cookie ${name} was sent more than once.`);
  return values[0];
}

/** The secret of a session as it was sent, well-formed or not; undefined where there is none. */
export function sessionCookie(request: IncomingMessage): Secret | undefined {
  const value = cookieOf(request, SESSION);
  return value === undefined ? undefined : new Secret(value);
}

/** The browser's own secret; undefined where it has none that we gave. */
export function browserCookie(request: IncomingMessage): string | undefined {
  const value = cookieOf(request, BROWSER);
  return value !== undefined && VALUE.test(value) ? value : undefined;
}

export function newBrowserSecret(): string {
  return randomBytes(32).toString('base64url');
}

const ATTRIBUTES = 'Path=/; Secure; HttpOnly';

export function setBrowser(value: string): string {
  return `${BROWSER}=${value}; ${ATTRIBUTES}; SameSite=Lax; Max-Age=${BROWSER_SECONDS}`;
}

export function setSession(secret: Secret): string {
  return `${SESSION}=${secret.reveal()}; ${ATTRIBUTES}; SameSite=Strict; Max-Age=${SESSION_SECONDS}`;
}

export const CLEAR_SESSION = `${SESSION}=; ${ATTRIBUTES}; SameSite=Strict; Max-Age=0`;
