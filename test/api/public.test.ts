import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/contract/routes.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';

/** What anybody may read without a token. */
describe('public documents', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startBroker();
    await broker.apply(SHOP_BUNDLE);
  });
  afterAll(() => broker.stop());

  it('says that it is alive and ready', async () => {
    await request(broker.url).get('/healthz').expect(200, { status: 'ok' });
    const { body } = await request(broker.url).get('/readyz').expect(200);
    expect(body).toMatchObject({ status: 'ready', reasons: [], detail: { overdue_leases: 0 } });
  });

  it('publishes public members of its signing keys only', async () => {
    const { body } = await request(broker.url).get('/.well-known/jwks.json').expect(200);
    expect(body.keys).toHaveLength(1);
    expect(Object.keys(body.keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('describes every route in OpenAPI, each with its errors', async () => {
    const { body } = await request(broker.url).get('/openapi.json').expect(200);
    const operations = Object.values<Record<string, { operationId: string; responses: object }>>(
      body.paths,
    ).flatMap((path) => Object.values(path));
    expect(operations.map((one) => one.operationId).sort()).toEqual(Object.keys(ROUTES).sort());
    for (const one of operations) expect(one.responses).toHaveProperty('default');
  });

  it('serves metrics in the Prometheus format', async () => {
    const { text } = await request(broker.url).get('/metrics').expect(200);
    expect(text).toContain('countersign_leases_overdue 0');
  });

  it('answers an unknown path and an unknown method by name', async () => {
    const missing = await request(broker.url).get('/v1/nothing').expect(404);
    expect(missing.body).toMatchObject({ code: 'not_found', status: 404 });
    const wrong = await request(broker.url).patch('/v1/tasks').expect(405);
    expect(wrong.headers['allow']).toBe('POST, GET');
  });
});
