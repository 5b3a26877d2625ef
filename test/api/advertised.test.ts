import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Route } from '../../src/contract/route.ts';
import { ROUTES } from '../../src/contract/routes.ts';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import { ask, call, PATIENT, type Party, partyOf, tokenFor } from '../standards/wire.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

interface Operation {
  operationId: string;
  parameters: { name: string; in: string }[];
  responses: Record<string, unknown>;
}

let broker: TestBroker;
let agent: Party;
let paths: Record<string, Record<string, Operation>>;

beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
  await broker.apply(SHOP_BUNDLE);
  agent = partyOf(await broker.agent());
  const { body } = await ask(`${broker.url}/openapi.json`);
  paths = body['paths'] as typeof paths;
});
afterAll(() => broker.stop());

const operations = () =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
const tokenOf = async (role: 'admin' | 'approver' | 'auditor') =>
  (await issueOperatorToken(broker.composed.broker, { role, ttlSeconds: 300 })).token.reveal();

/** The route that takes this path: one with a placeholder may take what another spells out. */
const answering = (method: string, path: string): Route | undefined =>
  Object.values<Route>(ROUTES).find((route) => {
    const template = route.path.replaceAll(/:\w+/g, '[^/]+').replaceAll(/\*\w+/g, '.+');
    return route.method === method && new RegExp(`^${template}$`).test(path);
  });

describe('what openapi.json says', () => {
  it('is the route table, each operation once', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(ids.sort()).toEqual(Object.keys(ROUTES).sort());
  });
  it('is there: each operation asks for a token, and each other method is 405', async () => {
    for (const path of Object.keys(paths)) {
      const url = `${broker.url}${path.replaceAll(/\{\w+\}/g, 'x')}`;
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
        const answer = await ask(url, { method });
        const route = answering(method, path);
        if (route?.caller === 'anyone') {
          // Whoever signs in has no token yet: it is there, and refuses on other grounds.
          const there = method === 'GET' ? [200, 302, 404] : [403];
          expect([path, there.includes(answer.status)]).toEqual([path, true]);
        } else expect([path, method, answer.status]).toEqual([path, method, route ? 401 : 405]);
        if (!route) expect(answer.headers.get('allow')).toBeTruthy();
      }
    }
  });
  it('names a parameter for each placeholder of a path', () => {
    for (const { path, operation } of operations()) {
      const named = operation.parameters.filter((one) => one.in === 'path').map(({ name }) => name);
      expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    }
  });
});

describe('who may call', () => {
  const routes = Object.entries<Route>(ROUTES)
    .map(([id, route]) => ({ id, route }))
    .filter(({ route }) => route.caller !== 'anyone');
  const statusFor = async (route: Route, bearer: string) =>
    (await call(broker, route.path.replace(/[:*]\w+/, 'x'), bearer, { method: route.method }))
      .status;

  it.each(routes)(
    '$id: each role, an agent, an agent without a task, nobody',
    async ({ id, route }) => {
      if (id === 'exportAudit') return expect(route.roles).toEqual(['admin', 'auditor']);
      // It goes on for as long as it is listened to.
      if (route.produces === 'text/event-stream') return expect(route.caller).toBe('operator');
      for (const role of ['approver', 'auditor'] as const) {
        const may = route.caller !== 'agent' && (route.roles ?? [role]).includes(role);
        const status = await statusFor(route, await tokenOf(role));
        expect([role, status === 403]).toEqual([role, !may]);
      }
      const withTask = await statusFor(route, await tokenFor(broker, agent, 'shop-staging:read'));
      expect(withTask === 403).toBe(route.caller === 'operator');
      const without = await statusFor(route, await tokenFor(broker, agent));
      const reads = route.method === 'GET' || id === 'openTask';
      expect(without === 403).toBe(route.caller === 'operator' || !reads);
      expect(
        (await ask(`${broker.url}${route.path.replace(/[:*]\w+/, 'x')}`, { method: route.method }))
          .status,
      ).toBe(401);
    },
  );
});

describe('public documents', () => {
  it.each([
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/.well-known/jwks.json',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-protected-resource',
  ])('%s needs no token, ignores one, and has no secret', async (path) => {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }]) {
      const answer = await ask(`${broker.url}${path}`, { headers });
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain(broker.config.masterKey?.reveal());
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});
