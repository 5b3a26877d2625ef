import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import type { Route } from '../../src/contract/route.ts';
import { ROUTES } from '../../src/contract/routes.ts';
import { Problem } from '../../src/contract/schemas/base.ts';
import { type Answer, ask, PATIENT, partyOf, tokenFor } from '../standards/wire.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { aPerson, type Person } from '../support/people.ts';

let broker: TestBroker;
let operator: string;
let agent: string;
let person: Person;

beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
  await broker.apply(SHOP_BUNDLE);
  person = await aPerson(broker);
  const request = { role: 'admin', ttlSeconds: 900, breakGlass: 'a test' } as const;
  operator = (await issueOperatorToken(broker.composed.broker, request)).token.reveal();
  agent = await tokenFor(broker, partyOf(await broker.agent()), 'shop-staging:read');
});
afterAll(() => broker.stop());

const bearerFor = (route: Route) => (route.caller === 'agent' ? agent : operator);

/** What only a person in a session may do, and what somebody does who is nobody yet. */
const isPersonal = ({ path }: Route) => /^\/v1\/(?:passkeys|session)/.test(path);

function credentials(route: Route): Record<string, string> {
  const origin = new URL(broker.config.http.issuer).origin;
  if (route.caller === 'anyone') return { origin };
  if (!isPersonal(route)) return { authorization: `Bearer ${bearerFor(route)}` };
  const cookie = [...person.browser.cookies].map((pair) => pair.join('=')).join('; ');
  return { origin, cookie, 'x-csrf-token': person.browser.csrf ?? '' };
}

function send(route: Route, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { ...credentials(route), ...init.headers };
  return ask(`${broker.url}${path}`, { method: route.method, ...init, headers });
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** A refusal as the contract has it: problem+json, its own status, a request id that is in the header. */
function problem(answer: Answer, status: number, code: string, field?: string): void {
  expect([answer.status, answer.body['code']], answer.text).toEqual([status, code]);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const read = Problem.parse(answer.body);
  expect(read.status).toBe(status);
  expect(read.request_id).toBe(answer.headers.get('x-request-id'));
  if (field !== undefined) expect(read.field).toBe(field);
}

const routes = Object.entries<Route>(ROUTES).map(([id, route]) => ({ id, route }));
const withBody = routes.filter(({ route }) => route.body !== undefined);
const withQuery = routes.filter(({ route }) => route.query !== undefined);
const withParams = routes.filter(({ route }) => /[:*]/.test(route.path));
/** A path with something in the place of its parameters. */
const filled = (route: Route, value = 'x') => route.path.replace(/[:*]\w+/, value);

describe('bodies', () => {
  it.each(withBody)('$id: what is no clean JSON', async ({ route }) => {
    for (const body of [
      '{',
      '',
      'null',
      '[]',
      '"x"',
      '{"a":1,"a":2}',
      '{"reason":"x","reason":"y"}',
      '{"__proto__":{"reason":"x"}}',
      '{"reason":"a\\u0000"}',
      '{"reason":"\\ud800"}',
      '{"n":1e400}',
      '{"n":1.0}',
      `{"x":${'['.repeat(60)}${']'.repeat(60)}}`,
      '{"reason":"x"}{}',
      '\ufeff{"reason":"x"}',
      "{'reason':'x'}",
    ]) {
      const answer = await send(route, filled(route), { headers: JSON_TYPE, body });
      problem(answer, 400, 'invalid_request');
    }
  });
  it.each(withBody)('$id: an unknown field is named', async ({ route }) => {
    const body = JSON.stringify({ ...sampleOf(route), approved: true });
    const answer = await send(route, filled(route), { headers: JSON_TYPE, body });
    problem(answer, 400, 'invalid_request', 'approved');
  });
  it.each(withBody)('$id: another content type', async ({ route }) => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonx',
      '',
    ]) {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
      const body = Buffer.from(JSON.stringify(sampleOf(route)));
      problem(await send(route, filled(route), { headers, body }), 415, 'unsupported_media_type');
    }
  });
  it.each(withBody)('$id: encoded, oversized or not UTF-8', async ({ route }) => {
    const limit = route.bodyLimit ?? 64 * 1024;
    const coded = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    const gzip = await send(route, filled(route), { headers: coded, body: '{}' });
    problem(gzip, 415, 'unsupported_media_type');
    const big = JSON.stringify({ x: 'y'.repeat(limit) });
    const told = await send(route, filled(route), { headers: JSON_TYPE, body: big });
    problem(told, 413, 'payload_too_large');
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    const odd = await send(route, filled(route), { headers: JSON_TYPE, body: bytes });
    problem(odd, 400, 'invalid_request');
  });
  it('oversized without saying so: refused with an answer, not with a broken connection', async () => {
    for (const [path, type] of [
      ['/v1/agents', 'application/json'],
      ['/oauth/token', 'application/x-www-form-urlencoded'],
    ] as const) {
      const stream = new ReadableStream({
        pull(controller) {
          controller.enqueue(Buffer.alloc(16_384, 0x61));
          sent += 16_384;
          if (sent > 262_144) controller.close();
        },
      });
      let sent = 0;
      const init = { method: 'POST', body: stream, duplex: 'half' } as RequestInit;
      const headers = { authorization: `Bearer ${operator}`, 'content-type': type };
      const answer = await ask(`${broker.url}${path}`, { ...init, headers });
      expect(answer.status).toBe(413);
    }
  });
  it('leaves nothing half done', async () => {
    const name = `half-${randomUUID().slice(0, 8)}`;
    const body = { name, owner: 'dana@example.com', teams: ['nowhere'], jwks: { keys: [] } };
    const route = ROUTES.createAgent;
    const init = { headers: JSON_TYPE, body: JSON.stringify(body) };
    problem(await send(route, route.path, init), 400, 'invalid_request', 'teams');
    const rows = await broker.store.asSuperuser('select from countersign.agents where name = $1', [
      name,
    ]);
    expect(rows).toHaveLength(0);
  });
});

describe('fields', () => {
  const agentBody = { name: 'x', owner: 'dana@example.com', jwks: { keys: [] } };
  it.each<[keyof typeof ROUTES, object, string]>([
    ['createAgent', { ...agentBody, name: 'Not A Name' }, 'name'],
    ['createAgent', { ...agentBody, name: undefined }, 'name'],
    ['createAgent', { ...agentBody, owner: 'nobody' }, 'owner'],
    ['createAgent', { ...agentBody, teams: 'support' }, 'teams'],
    ['createAgent', { ...agentBody, teams: ['support', 7] }, 'teams.1'],
    ['createAgent', { ...agentBody, jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }, 'jwks'],
    ['createAgent', { ...agentBody, jwks: { keys: [], extra: 1 } }, 'jwks.extra'],
    ['createAgent', { ...agentBody, jwks_uri: 'https://x.example/jwks' }, 'jwks'],
    [
      'createAgent',
      { ...agentBody, jwks: undefined, jwks_uri: 'https://u:p@x.example/' },
      'jwks_uri',
    ],
    ['createResourceServer', { name: 'x', audience: 'not a url', jwks: { keys: [] } }, 'audience'],
    ['openTask', { purpose: 'x' }, 'agent'],
    ['openTask', { purpose: '', agent: 'x' }, 'purpose'],
    ['openTask', { purpose: 'x'.repeat(501), agent: 'x' }, 'purpose'],
    ['openTask', { purpose: 'x', agent: 'x', ttl: 0 }, 'ttl'],
    ['openTask', { purpose: 'x', agent: 'x', ttl: 28_801 }, 'ttl'],
    ['openTask', { purpose: 'x', agent: 'x', ttl: 1.5 }, 'ttl'],
    ['openTask', { purpose: 'x', agent: 'x', ttl: '60' }, 'ttl'],
    ['openTask', { purpose: 'x', agent: 'x', verified_ticket: 'OPS-1' }, 'verified_ticket'],
    ['issueLease', { scope: 'shop' }, 'scope'],
    ['issueLease', { scope: ['shop:read'] }, 'scope'],
    ['storeBundle', { files: { 'a.yaml': 7 } }, 'files.a.yaml'],
    [
      'explainPolicy',
      { agent: 'x', scope: 'shop:read', context: { approved: true } },
      'context.approved',
    ],
  ])('%s %j names %s', async (id, body, field) => {
    const route: Route = ROUTES[id];
    const init = { headers: JSON_TYPE, body: JSON.stringify(body) };
    problem(await send(route, filled(route), init), 400, 'invalid_request', field);
  });
  it.each([
    { reason: 'x' },
    ...bodiesOfPeople(),
    { task: 'a', grant: 'b', reason: 'x' },
    { all: false, reason: 'x' },
    { all: true },
    { task: 'a', reason: '' },
  ])('a revocation names exactly one thing and a reason, not %j', async (body) => {
    const init = { headers: JSON_TYPE, body: JSON.stringify(body) };
    problem(await send(ROUTES.revoke, ROUTES.revoke.path, init), 400, 'invalid_request');
  });
});

describe('the URL', () => {
  // What an identity provider adds to its answer is to be ignored (RFC 6749 §4.1.2).
  const ours = withQuery.filter(({ id }) => id !== 'finishSso');
  it.each(ours)('$id: a query parameter twice, or one nobody knows', async ({ route }) => {
    for (const query of ['limit=1&limit=2', 'limit=1&limit=1', 'nope=1', 'from=1&from=2']) {
      problem(await send(route, `${filled(route)}?${query}`), 400, 'invalid_request');
    }
  });
  const paged = withQuery.filter(({ route }) => isPaged(route));
  it.each(paged)('$id: an odd page', async ({ route }) => {
    for (const limit of ['0', '-1', '201', '1.5', 'x', '1e400', 'NaN', 'Infinity', '%00']) {
      problem(await send(route, `${route.path}?limit=${limit}`), 400, 'invalid_request', 'limit');
    }
    for (const cursor of ['%00', Buffer.from('\n').toString('base64url'), 'x'.repeat(201)]) {
      problem(
        await send(route, `${route.path}?cursor=${cursor}`),
        400,
        'invalid_request',
        'cursor',
      );
    }
  });
  it.each(paged)('$id: a cursor of another list is a page or a refusal', async ({ route }) => {
    for (const text of [
      'Infinity',
      '1e308',
      '1.5',
      '-5',
      '0x10',
      ' 1',
      'agt_x',
      '99999999999999999999',
      "'",
    ]) {
      const cursor = Buffer.from(text).toString('base64url');
      const answer = await send(route, `${route.path}?cursor=${cursor}`);
      // A list below something that there is not.
      if (route.path.includes(':') && answer.status === 404) continue;
      if (answer.status !== 200) problem(answer, 400, 'invalid_request', 'cursor');
    }
  });
  it.each(['1e308', '0', '-1', '1.5', 'x', 'Infinity', '9007199254740993'])(
    'exportAudit: from=%s',
    async (from) => {
      const answer = await send(ROUTES.exportAudit, `/v1/audit/export?from=${from}`);
      problem(answer, 400, 'invalid_request', 'from');
    },
  );
  it.each(['agent', 'task'])('a filter with NUL: %s', async (name) => {
    for (const path of ['/v1/tasks', '/v1/grants', '/v1/tokens', '/v1/leases']) {
      problem(await send(ROUTES.listTasks, `${path}?${name}=%00`), 400, 'invalid_request', name);
    }
  });
  it.each(withParams)('$id: a path that is none', async ({ route }) => {
    const body = route.body ? JSON.stringify(sampleOf(route)) : null;
    for (const value of ['%', '%zz', '%ff', '%c3%28', '%00', 'a%00b']) {
      const answer = await send(route, filled(route, value), { headers: JSON_TYPE, body });
      expect([400, 404], `${value}: ${answer.text}`).toContain(answer.status);
      expect(answer.body['code']).toMatch(/^(invalid_request|not_found)$/);
    }
  });
  it('unknown ids answer 404, each with the same words', async () => {
    for (const { route } of withParams) {
      if (route.path.includes('secrets') && route.method === 'PUT') continue;
      const body = route.body ? JSON.stringify(sampleOf(route)) : null;
      const value = route.path.includes(':version') ? '999999' : `tsk_${'0'.repeat(26)}`;
      const answer = await send(route, filled(route, value), { headers: JSON_TYPE, body });
      problem(answer, 404, 'not_found');
    }
  });
  it.each([
    '/nope',
    '/v1',
    '/v1/',
    '/v1/nope',
    '/v1/agents/',
    '/V1/agents',
    '/v1//agents',
    '/oauth/token/',
    '/OAUTH/token',
  ])('%s is not there', async (path) => {
    problem(await ask(`${broker.url}${path}`), 404, 'not_found');
  });
  it('whatever is asked for, no answer is an error of ours', async () => {
    const paths = routes.filter(
      ({ id, route }) => !['revoke', 'signOut'].includes(id) && route.produces === undefined,
    );
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths.map(({ id }) => id)),
        text,
        fc.dictionary(fc.constantFrom('limit', 'cursor', 'agent', 'task', 'live', 'x'), text),
        fc.oneof(fc.json(), fc.constant(undefined)),
        async (id, value, query, json) => {
          const route: Route = ROUTES[id as keyof typeof ROUTES];
          const search = new URLSearchParams(query).toString();
          const path = filled(route, encodeURIComponent(value));
          const body = route.body ? (json ?? JSON.stringify(sampleOf(route))) : null;
          const answer = await send(route, `${path}?${search}`, { headers: JSON_TYPE, body });
          expect(answer.status, answer.text).toBeLessThan(500);
        },
      ),
      { numRuns: 150, includeErrorInReport: true },
    );
  });
});

/** An answer of a passkey, by its shape. */
const PASSKEY = {
  id: 'x',
  rawId: 'x',
  type: 'public-key',
  response: { clientDataJSON: 'x', authenticatorData: 'x', signature: 'x', attestationObject: 'x' },
};

/** What the routes of people take; to every other one it is a body of somewhere else. */
function bodiesOfPeople(): Record<string, unknown>[] {
  return [
    {},
    { role: 'auditor' },
    { secret: 'x' },
    { secret: 'x', name: 'x', email: 'dana@example.com' },
    { name: 'x', email: `${randomUUID()}@example.com`, role: 'auditor' },
    { ceremony_id: 'x', assertion: PASSKEY },
    { ceremony_id: 'x', attestation: PASSKEY },
    { secret: 'x', ceremony_id: 'x', attestation: PASSKEY },
  ];
}

/** A body that the schema of the route takes. */
function sampleOf(route: Route): Record<string, unknown> {
  const samples: Record<string, unknown>[] = [
    { ids: ['apr_00000000000000000000000000'], decision: 'approve' },
    { challenge_id: 'chl_x' },
    { decision: 'deny' },
    { reason: 'x' },
    ...bodiesOfPeople(),
    { task: 'x' },
    { task: 'x', reason: 'x' },
    { value: 'x' },
    { evidence: 'x' },
    { scope: 'nowhere:read' },
    { scope: 'nowhere:read', sql: 'select 1' },
    { files: {}, note: '' },
    { files: {} },
    { purpose: 'x', agent: 'nobody' },
    { jwks: { keys: [] } },
    { agent: 'nobody', scope: 'shop:read' },
    { name: 'x', audience: 'https://x.example.com', jwks: { keys: [] } },
    { name: 'x', owner: 'dana@example.com', teams: ['nowhere'], jwks: { keys: [] } },
  ];
  const sample = samples.find((body) => route.body?.safeParse(body).success);
  if (!sample) throw new Error(`no sample body for ${route.path}`);
  return sample;
}

/** A list takes a limit; a question to the policy or an export does not. */
function isPaged({ query }: Route): boolean {
  return query instanceof z.ZodObject && Object.hasOwn(query.shape, 'limit');
}
