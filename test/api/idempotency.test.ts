import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  ask,
  call,
  PATIENT,
  type Party,
  partyOf,
  tokenFor,
} from '../standards/wire.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';

let broker: TestBroker;
let twin: TestBroker;
let shop: ShopDatabase;
let agent: Party;
let token: string;

beforeAll(async () => {
  [broker, shop] = await Promise.all([startBroker({ overrides: PATIENT }), createShop()]);
  twin = await broker.twin(PATIENT);
  await broker.apply(SHOP_BUNDLE);
  const admin = await broker.operator();
  await admin.call('setSecret', {
    params: { name: 'shop-staging/admin-url' },
    body: { value: shop.adminUrl },
  });
  agent = partyOf(await broker.agent());
  token = await tokenFor(broker, agent, 'shop-staging:read');
});
afterAll(async () => {
  await twin.stop();
  await broker.stop();
});

function post(
  path: string,
  key: string,
  body: object,
  bearer = token,
  at = broker,
): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  return call(at, path, bearer, { method: 'POST', headers, body: JSON.stringify(body) });
}
const openTask = (key: string, purpose: string, bearer = token, at = broker) =>
  post('/v1/tasks', key, { purpose }, bearer, at);

describe('tasks', () => {
  it('the same key and body is the same task, on either broker', async () => {
    const key = randomUUID();
    const first = await openTask(key, 'one');
    const again = await openTask(key, 'one');
    const there = await openTask(key, 'one', token, twin);
    expect([first.status, again.status, there.status]).toEqual([201, 201, 201]);
    expect(again.body).toEqual(first.body);
    expect(there.body).toEqual(first.body);
  });
  it('another body is 422, and nothing is opened', async () => {
    const key = randomUUID();
    await openTask(key, 'one');
    const other = await openTask(key, 'two');
    expect([other.status, other.body['code']]).toEqual([422, 'idempotency_mismatch']);
    const { body } = await call(broker, '/v1/tasks?limit=200', token);
    expect(JSON.stringify(body)).not.toContain('"purpose":"two"');
  });
  it('another agent with the same key is another matter', async () => {
    const key = randomUUID();
    const first = await openTask(key, 'one');
    const other = await tokenFor(broker, partyOf(await broker.agent()), 'shop-staging:read');
    const second = await openTask(key, 'one', other);
    expect(second.status).toBe(201);
    expect(second.body['id']).not.toBe(first.body['id']);
  });
  it('of many at once on two brokers one works, and the others are told to come again', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) => openTask(key, 'one', token, n % 2 ? broker : twin)),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ body }) => body['id'])).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect([answer.status, answer.body['code']]).toEqual([409, 'idempotency_in_progress']);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    const again = await openTask(key, 'one');
    expect(again.body['id']).toBe(made[0]?.body['id']);
  });
  it('a refused request does not hold its key', async () => {
    const key = randomUUID();
    const refused = await post('/v1/tasks', key, { purpose: 'one', agent: 'x' });
    expect(refused.status).toBe(400);
    expect((await openTask(key, 'one')).status).toBe(201);
  });
  it.each(['', ' ', 'a b', 'é', 'x'.repeat(201), '\t'])('the key %j is none', async (key) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const init = { method: 'POST', headers, body: '{"purpose":"x"}' };
    // fetch sends no such header: these bytes are put on the wire as they are.
    const answer = await ask(`${broker.url}/v1/tasks`, {
      ...init,
      headers: { ...headers, 'idempotency-key': Buffer.from(key).toString('latin1') },
    });
    expect([answer.status, answer.body['field']]).toEqual([400, 'Idempotency-Key']);
  });
});

describe('leases', () => {
  const issue = (key: string, bearer = token) =>
    post('/v1/leases', key, { scope: 'shop-staging:read' }, bearer);
  const leaseOf = ({ body }: Answer) => body['lease'] as { id: string };
  const credentialOf = ({ body }: Answer) =>
    body['credential'] as { username: string; password: string };

  it('repeating it revokes the first credential and answers with a new one, under the same count', async () => {
    const key = randomUUID();
    const own = await tokenFor(broker, agent, 'shop-staging:read');
    const first = await issue(key, own);
    expect(first.status, first.text).toBe(201);
    const second = await issue(key, own);
    expect(second.status, second.text).toBe(201);
    expect(leaseOf(second).id).not.toBe(leaseOf(first).id);
    expect(credentialOf(second).password).not.toBe(credentialOf(first).password);
    expect(second.text).not.toContain(credentialOf(first).password);
    const admin = await broker.operator();
    await expect
      .poll(
        () => admin.call('getLease', { params: { id: leaseOf(first).id } }).then((l) => l.state),
        { timeout: 10_000 },
      )
      .toBe('revoked');
    // One lease is allowed here, so the count did not grow: another key is refused.
    const third = await issue(randomUUID(), own);
    expect([third.status, third.body['code']]).toEqual([409, 'lease_limit']);
    const other = await post('/v1/leases', key, { scope: 'shop:read' }, own);
    expect([403, 422]).toContain(other.status);
  });
});
