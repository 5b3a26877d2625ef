import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { authenticate } from '../broker/authenticate.ts';
import { sha256Of } from '../broker/one-time-secret.ts';
import { authenticateSession } from '../broker/session.ts';
import type { Visitor } from '../broker/visitor.ts';
import type { Route } from '../contract/route.ts';
import { forbidden, invalidRequest, isBrokerError } from '../domain/errors.ts';
import { stepUpRequired } from '../domain/people-errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { Secret } from '../domain/secret.ts';
import {
  browserCookie,
  CLEAR_SESSION,
  newBrowserSecret,
  sessionCookie,
  setBrowser,
} from './cookies.ts';
import type { Doors } from './doors.ts';
import { claimedId } from './hot/client-credentials.ts';
import { refuseOtherOrigins, requireCsrfToken } from './same-origin.ts';

/** Whoever asks: undefined where anyone may. */
export async function admitPrincipal(
  doors: Doors,
  route: Route,
  request: Request,
  response: Response,
): Promise<Principal | undefined> {
  const address = doors.admission.addressOf(request);
  const cookie = sessionCookie(request);
  if (cookie && request.headers.authorization !== undefined) {
    throw invalidRequest('Authenticate in one way only: by the session, or by a bearer.');
  }
  if (route.caller === 'anyone') {
    await doors.admission.visit(address);
    if (route.method !== 'GET') refuseOtherOrigins(request, doors.broker.issuer);
    return undefined;
  }
  const bearer = bearerOf(request);
  const claimed = cookie ? digestOf(cookie.reveal()) : claimedBy(bearer);
  const leave = await doors.admission.enter(address, claimed);
  try {
    const principal = cookie
      ? await fromSession(doors, route, request, cookie)
      : await authenticate(doors.broker, bearer);
    await doors.admission.spend(principal.id);
    refuseOthers(route, principal);
    return principal;
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    if (error.code === 'session_ended') response.setHeader('Set-Cookie', CLEAR_SESSION);
    if (error.code === 'invalid_token' || error.code === 'session_ended') {
      doors.admission.failed(address, claimed);
    }
    throw error;
  } finally {
    leave();
  }
}

/** A cookie goes with every request the browser sends here: whatever changes something must show that we sent it. */
async function fromSession(
  doors: Doors,
  route: Route,
  request: Request,
  cookie: Secret,
): Promise<Principal> {
  if (route.method !== 'GET') refuseOtherOrigins(request, doors.broker.issuer);
  const { principal, session } = await authenticateSession(doors.broker, cookie);
  if (route.method !== 'GET') requireCsrfToken(request, session.csrf);
  return principal;
}

/** The browser behind a request; it gets a secret of its own with its first answer. */
export function visitorOf(doors: Doors, request: Request, response: Response): Visitor {
  const known = browserCookie(request);
  const browser = known ?? newBrowserSecret();
  if (known === undefined) response.appendHeader('Set-Cookie', setBrowser(browser));
  const cookie = sessionCookie(request);
  return {
    browser,
    session: cookie && sha256Of(cookie),
    address: doors.admission.addressOf(request),
    userAgent: printable(request.get('user-agent') ?? ''),
  };
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
}

/** RFC 6750 §2.1: the header only; a token in the query is refused unread (row B1). */
function bearerOf(request: Request): string | undefined {
  if (request.query['access_token'] !== undefined) {
    throw invalidRequest('Send the token in the Authorization header, never in the URL.');
  }
  const match = /^Bearer ([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(request.headers.authorization ?? '');
  return match?.[1];
}

/**
 * Who a bearer says it is from, unverified, for limits only: behind one address, the failures of one
 * agent must not shut out another, nor the operator who is about to stop it.
 */
function claimedBy(bearer = ''): string {
  return claimedId(bearer) || digestOf(bearer);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Agent tokens have no admin surface; a token without a task reads and opens tasks, nothing else. */
function refuseOthers(route: Route, principal: Principal): void {
  if (principal.type === 'operator') {
    if (route.caller === 'agent') throw forbidden('Only agents may do this.');
    if (route.roles && !route.roles.includes(principal.role)) {
      throw forbidden(`This needs the role ${route.roles.join(' or ')}.`);
    }
    // A bearer was just issued by whoever holds the store; a session may have been left open.
    if (route.stepUp && principal.session && !principal.session.steppedUp) throw stepUpRequired();
    return;
  }
  if (route.caller === 'operator') throw forbidden('Only operators may do this.');
  const opensTask = route.method === 'POST' && route.path === '/v1/tasks';
  const withTask = principal.type === 'agent' && principal.token.taskId !== undefined;
  if (route.method !== 'GET' && !opensTask && !withTask) {
    throw forbidden('This needs the token of a task: ask the token endpoint for a scope.');
  }
}
