import { inspect } from 'node:util';
import { expect, expectTypeOf, test } from 'vitest';
import type { OperationId } from '../../src/contract/routes.ts';
import { createClient } from '../../src/sdk/client.ts';
import { CountersignError } from '../../src/sdk/error.ts';
import { answering, problem } from '../cli/answers.ts';
import { listen } from './loopback.ts';

const STOP = {
  ...{ id: 'stp_1', kind: 'all', reason: 'r', placed_by: 'opr_host' },
  placed_at: '2026-01-05T12:00:00.000Z',
};

function clientOf(table: Parameters<typeof answering>[0]) {
  const { fetch, seen } = answering(table);
  return { client: createClient({ url: 'http://broker/', token: 'tok', fetch }), seen };
}

async function failureOf(promise: Promise<unknown>): Promise<CountersignError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CountersignError);
  return error as CountersignError;
}

test('a call is typed by the route table', () => {
  const { client } = clientOf({});
  type Calls = typeof client.call;
  expectTypeOf<Parameters<Calls>[0]>().toExtend<OperationId>();
  expectTypeOf(client.call<'closeTask'>).returns.resolves.toHaveProperty('agent_id');
  expectTypeOf(client.call<'deleteSecret'>).returns.resolves.toBeUndefined();
  // @ts-expect-error a path parameter is required
  const withoutParams = () => client.call('getTask');
  // @ts-expect-error the body has no such member
  const withNonsense = () => client.call('openTask', { body: { purpose: 'x', nonsense: 1 } });
  const lift = { params: { id: 'a' }, body: { reason: 'r' } };
  // @ts-expect-error only routes that take one have an idempotency key
  const withKey = () => client.call('liftStop', { ...lift, idempotencyKey: 'k' });
  // @ts-expect-error the export is a stream
  const notJson = () => client.call('exportAudit');
  expect([withoutParams, withNonsense, withKey, notJson]).toHaveLength(4);
});

test('values in a path are encoded; a secret name keeps its slashes', async () => {
  const { client, seen } = clientOf({
    'GET /v1/tasks/a%2Fb%3F': problem(404, 'not_found', 'Task not found.'),
    'DELETE /v1/secrets/orders-db/admin%20url': { status: 204 },
  });
  await failureOf(client.call('getTask', { params: { id: 'a/b?' } }));
  await client.call('deleteSecret', { params: { name: 'orders-db/admin url' } });
  expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer tok', 'Bearer tok']);
});

test.each(['', '.', '..', 'a/../../agents', 'a//b'])(
  'a path value %j reaches nobody',
  async (name) => {
    const { client, seen } = clientOf({});
    const error = await failureOf(client.call('deleteSecret', { params: { name } }));
    expect({ code: error.code, asked: seen.length }).toEqual({ code: 'invalid_request', asked: 0 });
  },
);

test('a problem becomes an error with everything in it', async () => {
  const hint = { rule: 'r', alternatives: ['a:b'], how: 'ask' };
  const { client } = clientOf({
    'GET /v1/stops': {
      ...problem(429, 'rate_limited', 'Slow.', { hint }),
      headers: { 'retry-after': '7' },
    },
  });
  expect(await failureOf(client.call('listStops'))).toMatchObject({
    ...{ status: 429, code: 'rate_limited', detail: 'Slow.', hint, requestId: 'req_1' },
    retryAfterSeconds: 7,
  });
});

test.each([
  ['HTML', { status: 502, body: '<html>' }],
  ['a page without its items', { status: 200, body: { next_cursor: null } }],
  ['no JSON', { status: 200, body: 'hello' }],
])('%s instead of an answer is unexpected_response', async (_, answer) => {
  const { client } = clientOf({ 'GET /v1/stops': answer });
  const error = await failureOf(client.call('listStops'));
  expect(error).toMatchObject({ code: 'unexpected_response', status: answer.status });
});

test('pages go on until the cursor ends, one request each, and keep the filters', async () => {
  const cursors: (string | null)[] = [];
  const fetchPages: typeof fetch = async (input) => {
    const { searchParams } = new URL(input instanceof Request ? input.url : input);
    const cursor = searchParams.get('cursor');
    cursors.push(cursor);
    expect(searchParams.get('limit')).toBe('2');
    const next = { null: 'c1', c1: 'c2', c2: null }[String(cursor)] ?? null;
    return Response.json({ items: [STOP, STOP], next_cursor: next });
  };
  const client = createClient({ url: 'http://broker', token: 'tok', fetch: fetchPages });
  const seen: string[] = [];
  for await (const stop of client.pages('listStops', { query: { limit: 2 } })) seen.push(stop.id);
  expect({ seen: seen.length, cursors }).toEqual({ seen: 6, cursors: [null, 'c1', 'c2'] });
});

test('a redirect is refused: no bearer follows one', async () => {
  let reached = 0;
  const elsewhere = await listen((_, response) => {
    reached += 1;
    response.end();
  });
  const url = await listen((_, response) => {
    response.writeHead(307, { location: `${elsewhere}/v1/stops` }).end();
  });
  const client = createClient({ url, operatorToken: 'op' });
  expect((await failureOf(client.call('listStops'))).code).toBe('unreachable');
  expect(reached).toBe(0);
});

test('an answer that never comes ends with timeout, an abort with aborted', async () => {
  const url = await listen(() => {});
  const client = createClient({ url, token: 'tok' });
  expect((await failureOf(client.call('listStops', { timeoutMs: 20 }))).code).toBe('timeout');
  const signal = AbortSignal.abort();
  expect((await failureOf(client.call('listStops', { signal }))).code).toBe('aborted');
});

test.each(['ftp://a', 'nonsense', 'http://user:pass@a', 'http://a/?q=1'])(
  '%s is no broker',
  (url) => {
    expect(() => createClient({ url, token: 't' })).toThrow(CountersignError);
  },
);

test('no error holds the bearer', async () => {
  const url = await listen((request) => request.destroy());
  const client = createClient({ url, token: 'canary-token' });
  const error = await failureOf(client.call('listStops'));
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary-token');
});
