import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { csrfRefused } from '../domain/people-errors.ts';

/**
 * Every browser names the origin of a page that sends a POST or DELETE (Fetch §3.2). One that is not ours,
 * or none, is refused: no other site can sign somebody in, out, or act in a session.
 *
 * @throws csrfRefused
 */
export function refuseOtherOrigins(request: IncomingMessage, issuer: string): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== new URL(issuer).origin) throw csrfRefused();
  if (site !== undefined && site !== 'same-origin') throw csrfRefused();
}

/** @throws csrfRefused when the token of the session does not come with it */
export function requireCsrfToken(request: IncomingMessage, csrf: string): void {
  const sent = request.headers['x-csrf-token'];
  const [given, wanted] = [Buffer.from(typeof sent === 'string' ? sent : ''), Buffer.from(csrf)];
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw csrfRefused();
}
