import type { Route } from '../../contract/route.ts';
import { ROUTES } from '../../contract/routes.ts';
import type { CallArguments, CallId, CallResult } from '../../sdk/call-types.ts';
import { CountersignError } from '../../sdk/error.ts';
import { initOf, pathOf, type UntypedCall } from '../../sdk/request-of.ts';
import { type Limits, readJson, send, transportTo } from '../../sdk/transport.ts';
import { noteReached } from './connection.ts';
import { type GateKind, passGate } from './gates.ts';

/** `<base>` is the console's own address, so that an issuer may have a path. */
const transport = transportTo(new URL('..', document.baseURI).href, (input, init) =>
  // A browser's fetch insists on its own `this`.
  fetch(input, init),
);

/** Of the session, kept beside the cookie that no script can read. */
let csrfToken: string | undefined;

/** The token that requests with the session's cookie must carry to change anything. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/**
 * Calls one operation with the session's cookie and checks the answer by the route table. Where the
 * session has ended, or the broker wants a fresh proof of who is there, the person is asked in place
 * and the call is made once more: a refused request has done nothing.
 *
 * @throws CountersignError
 */
export async function call<K extends CallId>(
  operation: K,
  ...args: CallArguments<K>
): Promise<CallResult<K>> {
  const route: Route = ROUTES[operation];
  const options = (args[0] ?? {}) as UntypedCall & Limits;
  return (await throughGates(() => ask(route, options))) as CallResult<K>;
}

/**
 * The same without asking the person anything: for coming in, and for the proofs themselves.
 *
 * @throws CountersignError
 */
export async function callOnce<K extends CallId>(
  operation: K,
  ...args: CallArguments<K>
): Promise<CallResult<K>> {
  return (await ask(ROUTES[operation], args[0] ?? {})) as CallResult<K>;
}

/** The same for an operation whose answer is read while it arrives. */
export async function askForStream(route: Route, options: UntypedCall & Limits): Promise<Response> {
  return throughGates(() => request(route, options));
}

async function throughGates<T>(make: () => Promise<T>): Promise<T> {
  const passed = new Set<GateKind>();
  for (;;) {
    try {
      return await make();
    } catch (error) {
      const gate = gateOf(error);
      if (gate === undefined || passed.has(gate)) throw error;
      passed.add(gate);
      if (!(await passGate(gate))) throw error;
    }
  }
}

async function ask(route: Route, options: UntypedCall & Limits): Promise<unknown> {
  const answer = await request(route, options);
  if (route.response) return readJson(answer, route.response);
  await answer.body?.cancel();
  return undefined;
}

function request(route: Route, options: UntypedCall & Limits): Promise<Response> {
  const proof = route.method === 'GET' || !csrfToken ? {} : { 'x-csrf-token': csrfToken };
  return reach(pathOf(route, options), initOf(route, options, proof), options);
}

async function reach(path: string, init: RequestInit, limits: Limits): Promise<Response> {
  try {
    const answer = await send(transport, path, init, limits);
    noteReached(true);
    return answer;
  } catch (error) {
    const code = error instanceof CountersignError ? error.code : '';
    if (code !== 'aborted') noteReached(code !== 'unreachable' && code !== 'timeout');
    throw error;
  }
}

function gateOf(error: unknown): GateKind | undefined {
  if (!(error instanceof CountersignError)) return undefined;
  if (error.status === 401) return 'sign_in';
  return error.code === 'step_up_required' ? 'step_up' : undefined;
}

/** The address of something the browser opens itself: an export, the event stream. */
export function addressOf(path: string): string {
  return `${transport.url}${path}`;
}
