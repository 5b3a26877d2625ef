import type { ServerResponse } from 'node:http';
import { ERRORS } from '../contract/errors.ts';
import { BrokerError, internal, isBrokerError } from '../domain/errors.ts';

/** Anything thrown, as the error that may be shown; what is unmapped is a bare 500. */
export function toBrokerError(error: unknown): BrokerError {
  return isBrokerError(error) ? error : internal(error);
}

/** RFC 9457 problem+json. */
export function problemOf(error: BrokerError, requestId: string): Record<string, unknown> {
  const shape = ERRORS[error.code];
  const { field, hint, problems, members } = error.meta;
  return {
    ...members,
    type: `urn:countersign:error:${error.code}`,
    title: shape.title,
    status: shape.status,
    code: error.code,
    detail: error.detail,
    ...(field === undefined ? {} : { field }),
    ...(hint === undefined ? {} : { hint }),
    ...(problems === undefined ? {} : { problems }),
    request_id: requestId,
  };
}

/** RFC 6749 §5.2 body; code, hint and request id are extra members. */
export function oauthErrorOf(error: BrokerError, requestId: string): Record<string, unknown> {
  const { hint, field, members } = error.meta;
  return {
    ...members,
    error: ERRORS[error.code].oauthError ?? 'server_error',
    error_description: describable(error.detail),
    code: error.code,
    ...(field === undefined ? {} : { field }),
    ...(hint === undefined ? {} : { hint }),
    request_id: requestId,
  };
}

/** Row T10: only %x20-21 / %x23-5B / %x5D-7E may stand in `error_description`. */
function describable(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
}

/** Headers that go with an error, on either door. */
export function errorHeaders(error: BrokerError, issuer: string): Record<string, string> {
  const headers: Record<string, string> = {};
  if (error.meta.retryAfterSeconds !== undefined) {
    headers['Retry-After'] = String(error.meta.retryAfterSeconds);
  }
  const challenge = challengeOf(error, issuer);
  if (challenge) headers['WWW-Authenticate'] = challenge;
  return headers;
}

/** RFC 6750 §3 and RFC 9728 §5.1 (row P3): a 401 says where the metadata of this resource is. */
function challengeOf(error: BrokerError, issuer: string): string | undefined {
  const metadata = `resource_metadata="${protectedResourceUrl(issuer)}"`;
  if (error.code === 'unauthenticated') return `Bearer ${metadata}`;
  if (error.code === 'invalid_token' || error.code === 'insufficient_scope') {
    return `Bearer error="${error.code}", ${metadata}`;
  }
  return undefined;
}

/** Well-known paths are inserted before the issuer's own path (RFC 8414 §3.1, RFC 9728 §3.1). */
export function wellKnown(issuer: string, name: string): string {
  const { pathname } = new URL(issuer);
  return `/.well-known/${name}${pathname === '/' ? '' : pathname}`;
}

function protectedResourceUrl(issuer: string): string {
  return new URL(wellKnown(issuer, 'oauth-protected-resource'), issuer).href;
}

/** Sends one JSON body; nothing of ours may be cached or sniffed. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
