import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERRORS } from '../../contract/errors.ts';
import { type BrokerError, httpError, invalidRequest } from '../../domain/errors.ts';
import type { Doors } from '../doors.ts';
import { readForm } from '../read-body.ts';
import { errorHeaders, oauthErrorOf, sendJson, toBrokerError } from '../render-error.ts';
import { SECURITY_HEADERS } from '../security-headers.ts';
import { authenticationOf, claimant } from './client-credentials.ts';
import type { FormEndpoint } from './endpoints.ts';

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
  const headers: Record<string, string> = {
    ...SECURITY_HEADERS,
    Pragma: 'no-cache',
    'X-Request-Id': requestId,
  };
  try {
    const body = await answerBody(doors, endpoint, request, url.query);
    if (body === undefined) {
      response.writeHead(200, { ...headers, 'Content-Length': 0 });
      response.end();
    } else {
      sendJson(response, 200, body, headers);
    }
  } catch (error) {
    sendError(doors, request, response, toBrokerError(error), requestId, headers);
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
  headers: Record<string, string>,
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
  sendJson(response, status, oauthErrorOf(error, requestId), { ...headers, ...extra });
}
