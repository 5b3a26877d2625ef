import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERRORS } from '../../contract/errors.ts';
import { type BrokerError, httpError, invalidRequest } from '../../domain/errors.ts';
import type { Doors } from '../doors.ts';
import { readForm } from '../read-body.ts';
import { errorHeaders, oauthErrorOf, toBrokerError } from '../render-error.ts';
import { SECURITY_HEADERS } from '../security-headers.ts';
import { authenticationOf, claimant } from './client-credentials.ts';
import type { FormEndpoint } from './endpoints.ts';

/** Names and values in turn, as node:http writes them without building an object of them per answer. */
const HEADERS = Object.entries({ ...SECURITY_HEADERS, Pragma: 'no-cache' }).flat();

/** Answers one form request on node:http, with the headers, limits and errors of the other door. */
export async function answerForm(
  doors: Doors,
  endpoint: FormEndpoint,
  request: IncomingMessage,
  response: ServerResponse,
  url: { path: string; query: string },
): Promise<void> {
  const startedAt = performance.now();
  const requestId = doors.newRequestId();
  try {
    const body = await answerBody(doors, endpoint, request, url.query);
    send(response, 200, body, ['X-Request-Id', requestId]);
  } catch (error) {
    sendError(doors, request, response, toBrokerError(error), requestId);
  }
  const { method = '' } = request;
  const status = response.statusCode;
  const ms = performance.now() - startedAt;
  doors.log.done({ requestId, method, path: url.path, status, ms });
}

async function answerBody(
  doors: Doors,
  endpoint: FormEndpoint,
  request: IncomingMessage,
  query: string,
): Promise<Record<string, unknown> | undefined> {
  if (request.method !== 'POST') throw httpError('method_not_allowed', 'Use POST.');
  // RFC 6749 §2.3.1: credentials must not be in the request URI; nothing else belongs there either.
  if (query !== '') throw invalidRequest('Send parameters in the body, not in the query.');
  const form = await readForm(request);
  const assertion = authenticationOf(request, form, doors.broker.clientSecrets);
  const address = doors.admission.addressOf(request);
  const claimed = claimant(assertion);
  const leave = await doors.admission.enter(address, claimed);
  try {
    return await endpoint(doors.broker, assertion, form);
  } catch (error) {
    if (toBrokerError(error).code === 'invalid_client') doors.admission.failed(address, claimed);
    throw error;
  } finally {
    leave();
  }
}

function sendError(
  doors: Doors,
  request: IncomingMessage,
  response: ServerResponse,
  error: BrokerError,
  requestId: string,
): void {
  if (error.code === 'internal') doors.log.failed(requestId, error.cause);
  doors.broker.meter.count('refusal', error.code);
  const shape = ERRORS[error.code];
  const status = shape.oauthStatus ?? shape.status;
  const extra = errorHeaders(error, doors.broker.issuer);
  if (error.code === 'method_not_allowed') extra['Allow'] = 'POST';
  if (error.code === 'invalid_client' && request.headers.authorization !== undefined) {
    // Row T4: whoever tried the header learns which scheme was refused.
    extra['WWW-Authenticate'] = 'Basic realm="countersign"';
  }
  if (!request.complete) extra['Connection'] = 'close';
  extra['X-Request-Id'] = requestId;
  send(response, status, oauthErrorOf(error, requestId), Object.entries(extra).flat());
}

/** @param body undefined for an empty one @param headers names and values in turn */
function send(
  response: ServerResponse,
  status: number,
  body: Record<string, unknown> | undefined,
  headers: readonly string[],
): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  const length = String(Buffer.byteLength(text));
  const about = text === '' ? [] : ['Content-Type', 'application/json; charset=utf-8'];
  response.writeHead(status, [...about, 'Content-Length', length, ...HEADERS, ...headers]);
  response.end(text);
}
