import express, { type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import { ERRORS } from '../contract/errors.ts';
import type { Route } from '../contract/route.ts';
import { type OperationId, ROUTES } from '../contract/routes.ts';
import { type BrokerError, httpError, invalidRequest, notFound } from '../domain/errors.ts';
import { admitPrincipal, visitorOf } from './admit.ts';
import type { Doors } from './doors.ts';
import { Awaiting, type Call, type Handler, type Handlers } from './handler.ts';
import { agentHandlers } from './handlers/agents.ts';
import { inspectHandlers } from './handlers/inspect.ts';
import { eventsHandlers } from './handlers/events.ts';
import { noticesHandlers } from './handlers/notices.ts';
import { approvalHandlers } from './handlers/approvals.ts';
import { operateHandlers } from './handlers/operate.ts';
import { overviewHandlers } from './handlers/overview.ts';
import { peopleHandlers } from './handlers/people.ts';
import { operationHandlers } from './handlers/operations.ts';
import { policyHandlers } from './handlers/policy.ts';
import { sandboxHandlers } from './handlers/sandbox.ts';
import { sessionHandlers } from './handlers/sessions.ts';
import { taskHandlers } from './handlers/tasks.ts';
import { consoleRoutes } from './console.ts';
import { publicRoutes } from './public-routes.ts';
import { JSON_LIMIT, readJson } from './read-body.ts';
import { errorHeaders, problemOf, sendJson, toBrokerError } from './render-error.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

const HANDLERS: Handlers = {
  ...agentHandlers,
  ...taskHandlers,
  ...approvalHandlers,
  ...operationHandlers,
  ...operateHandlers,
  ...inspectHandlers,
  ...policyHandlers,
  ...sandboxHandlers,
  ...peopleHandlers,
  ...sessionHandlers,
  ...overviewHandlers,
  ...noticesHandlers,
  ...eventsHandlers,
};

/** The JSON API and the public documents. The OAuth forms are answered before Express (`hot/`). */
export function createApp(doors: Doors): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.use(helmet({ contentSecurityPolicy: false }));
  app.use((_request, response, next) => {
    response.locals['requestId'] = doors.newRequestId();
    response.locals['startedAt'] = performance.now();
    response.set({ ...SECURITY_HEADERS, 'X-Request-Id': String(response.locals['requestId']) });
    response.on('finish', () => logDone(doors, response));
    next();
  });
  publicRoutes(app, doors);
  consoleRoutes(app, doors.broker.issuer, doors.consoleFolder);
  for (const id of Object.keys(ROUTES) as OperationId[]) mount(app, doors, id);
  refuseOtherMethods(app);
  app.use(() => {
    throw notFound('This path');
  });
  app.use((error: unknown, request: Request, response: Response, _next: unknown) =>
    refuse(doors, error, request, response),
  );
  return app;
}

function mount<K extends OperationId>(app: Express, doors: Doors, id: K): void {
  const definition: Route = ROUTES[id];
  const method = definition.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
  app[method](definition.path, async (request: Request, response: Response) => {
    const handler: Handler<K> = HANDLERS[id];
    const call = await admit(doors, definition, request, response);
    const body = await handler(call);
    if (definition.produces !== undefined) return;
    if (definition.response === undefined) response.status(definition.status).end();
    else if (body instanceof Awaiting) sendJson(response, 202, body.body);
    else sendJson(response, definition.status, body);
  });
}

/** Authenticates, checks the role, reads query and body by the route's schemas. */
async function admit(
  doors: Doors,
  route: Route,
  request: Request,
  response: Response,
): Promise<Call<OperationId>> {
  const principal = await admitPrincipal(doors, route, request, response);
  response.locals['principal'] = principal?.id;
  const { body: schema } = route;
  const json = schema ? await readJson(request, route.bodyLimit ?? JSON_LIMIT) : undefined;
  return {
    broker: doors.broker,
    principal: principal as never,
    params: paramsOf(request),
    query: (route.query ? parse(route.query, singleValued(request)) : undefined) as never,
    body: (schema ? parse(schema, json) : undefined) as never,
    idempotencyKey: route.idempotent ? idempotencyKey(request) : undefined,
    visitor: () => visitorOf(doors, request, response),
    logRefusal: (error) => logRefusal(doors, response, error),
    response,
  };
}

function parse(schema: NonNullable<Route['body']>, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const field = [...(issue?.path ?? []), ...unknown.slice(0, 1)].map(String).join('.');
  const message = issue?.message ?? 'not understood';
  throw invalidRequest(field ? `${field}: ${message}` : message, field || undefined);
}

/** Each query parameter once; repeated ones have two readings. */
function singleValued(request: Request): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.query)) {
    if (typeof value !== 'string') throw invalidRequest(`${name} was sent more than once.`, name);
    if (value.includes('\0')) throw invalidRequest(`${name}: NUL is no text.`, name);
    if (value !== '') result[name] = value;
  }
  return result;
}

/** A wildcard (`*name`) comes as its segments. The store has no NUL in any text. */
function paramsOf(request: Request): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.params as Record<string, string | string[]>)) {
    const text = Array.isArray(value) ? value.join('/') : value;
    if (text.includes('\0')) throw invalidRequest('The path is not valid.');
    params[name] = text;
  }
  return params;
}

function idempotencyKey(request: Request): string | undefined {
  const key = request.get('idempotency-key');
  if (key === undefined) return undefined;
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw invalidRequest('Idempotency-Key: 1 to 200 printable characters.', 'Idempotency-Key');
}

/** A known path with another method is 405 with what is allowed, for whoever asks. */
function refuseOtherMethods(app: Express): void {
  const allowed = new Map<string, string[]>();
  for (const { path, method } of Object.values(ROUTES)) {
    allowed.set(path, [...(allowed.get(path) ?? []), method]);
  }
  for (const [path, methods] of allowed) {
    app.all(path, (_request, response) => {
      response.set('Allow', methods.join(', '));
      throw httpError('method_not_allowed', `Use ${methods.join(' or ')}.`);
    });
  }
}

function refuse(doors: Doors, thrown: unknown, request: Request, response: Response): void {
  const requestId = String(response.locals['requestId']);
  const error = toBrokerError(asRequestError(thrown));
  if (error.code === 'internal') doors.log.failed(requestId, error.cause);
  logRefusal(doors, response, error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const headers: Record<string, string> = {
    ...errorHeaders(error, doors.broker.issuer),
    'Content-Type': 'application/problem+json; charset=utf-8',
  };
  if (!request.complete) headers['Connection'] = 'close';
  sendJson(response, ERRORS[error.code].status, problemOf(error, requestId), headers);
}

/** Express's own refusals (a malformed percent escape in the path) are the caller's fault. */
function asRequestError(error: unknown): unknown {
  return error instanceof URIError ? invalidRequest('The path is not valid.') : error;
}

/** Counts it; why a sign-in was refused is said here, and not to whoever tried. */
function logRefusal(doors: Doors, response: Response, { code, cause }: BrokerError): void {
  doors.broker.meter.count('refusal', code);
  if (code !== 'sign_in_refused' && code !== 'passkey_refused') return;
  const reason = typeof cause === 'string' ? cause : 'ended meanwhile';
  doors.log.refused(String(response.locals['requestId']), code, reason);
}

function logDone(doors: Doors, response: Response): void {
  doors.log.done({
    requestId: String(response.locals['requestId']),
    method: response.req.method,
    path: response.req.path,
    status: response.statusCode,
    ms: performance.now() - Number(response.locals['startedAt']),
    principal: response.locals['principal'] as string | undefined,
  });
}
