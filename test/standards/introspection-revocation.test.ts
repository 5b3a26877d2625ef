import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forge, type TestKey } from '../keys/support.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { signingKeyOf } from './broker-key.ts';
import { flippedSignature } from './second-signature.ts';
import {
  PATIENT,
  SOON,
  ask,
  assertionBy,
  call,
  credentials,
  decoded,
  introspect,
  type Params,
  type Party,
  partyOf,
  postForm,
  resourceServer,
  revoke,
  tokenFor,
} from './wire.ts';

const AUDIENCE = 'https://reports.example.com';
let broker: TestBroker;
let twin: TestBroker;
let agent: Party;
let server: Party;
let other: Party;
let key: TestKey;

beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
  twin = await broker.twin(PATIENT);
  await broker.apply(SHOP_BUNDLE);
  agent = partyOf(await broker.agent());
  server = await resourceServer(broker, AUDIENCE);
  other = await resourceServer(broker, 'https://other.example.com');
  key = await signingKeyOf(broker);
});
afterAll(async () => {
  await twin.stop();
  await broker.stop();
});

const reportsToken = (party = agent) => tokenFor(broker, party, 'reports:read');
const isActive = async (token: string, by = broker) => {
  const answer = await introspect(by, server, token);
  expect(answer.status).toBe(200);
  if (answer.body['active'] !== true) expect(answer.text).toBe('{"active":false}');
  return answer.body['active'];
};

describe('I1: who may ask, and what they learn', () => {
  it('a resource server reads the claims of a token for its audience', async () => {
    const token = await reportsToken();
    const answer = await introspect(broker, server, token);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ active: true, token_type: 'Bearer', ...decoded(token).claims });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const hinted = await introspect(broker, server, token, { token_type_hint: 'refresh_token' });
    expect(hinted.body['active']).toBe(true);
  });
  it.each<[string, () => Promise<Params> | Params]>([
    ['nobody', () => ({})],
    ['a client_id alone', () => ({ client_id: server.id })],
    ['a body secret', () => ({ client_id: server.id, client_secret: 'x' })],
    ['an agent, also for its own token', () => credentials(assertionBy(broker, agent))],
    [
      'a resource server by a forged assertion',
      () => credentials(assertionBy(broker, { id: server.id, key: agent.key })),
    ],
    ['an access token as assertion', async () => credentials(await reportsToken())],
  ])('%s gets 401', async (_name, proof) => {
    const token = await reportsToken();
    const answer = await postForm(`${broker.url}/oauth/introspect`, { ...(await proof()), token });
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
  });
  it('a bearer does not authenticate, be it an access or an operator token', async () => {
    const token = await reportsToken();
    for (const bearer of [token, await tokenFor(broker, agent)]) {
      const headers = { authorization: `Bearer ${bearer}` };
      const answer = await postForm(`${broker.url}/oauth/introspect`, { token }, headers);
      expect(answer.status).toBe(401);
    }
  });
  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('%s is 405', async (method) => {
    for (const path of ['introspect', 'revoke']) {
      const answer = await ask(`${broker.url}/oauth/${path}`, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });
  it.each<[string, () => Promise<string> | string]>([
    ['garbage', () => 'garbage'],
    ['a foreign audience', () => tokenFor(broker, agent, 'shop-staging:read')],
    ['a token without scopes', () => tokenFor(broker, agent)],
    ['a client assertion', () => assertionBy(broker, agent)],
    ['its own assertion', () => assertionBy(broker, server)],
    [
      'expired',
      async () => {
        const { claims } = decoded(await reportsToken());
        const header = { alg: 'ES256', typ: 'at+jwt', kid: key.kid };
        return forge(key, header, { ...claims, exp: Math.floor(Date.now() / 1000) - 1 });
      },
    ],
    [
      'revoked',
      async () => {
        const token = await reportsToken();
        await revoke(broker, agent, token);
        return token;
      },
    ],
    [
      'an operator token',
      async () => {
        const { issueOperatorToken } = await import('../../src/broker/operator-token.ts');
        const request = { role: 'admin', ttlSeconds: 60 } as const;
        return (await issueOperatorToken(broker.composed.broker, request)).token.reveal();
      },
    ],
  ])('%s is inactive, and that is all', async (_name, token) => {
    expect(await isActive(await token())).toBe(false);
  });
  it("another resource server's token is inactive", async () => {
    const answer = await introspect(broker, other, await reportsToken());
    expect([answer.status, answer.text]).toEqual([200, '{"active":false}']);
  });
  it('a missing token is a mistake', async () => {
    const answer = await introspect(broker, server, '');
    expect([answer.status, answer.body['error'], answer.body['field']]).toEqual([
      400,
      'invalid_request',
      'token',
    ]);
  });
});

describe('I2: what ends with its ancestor, at once', () => {
  it.each(['task', 'grant', 'token', 'agent'] as const)('a revoked %s', async (kind) => {
    const party = partyOf(await broker.agent());
    const token = await reportsToken(party);
    const { claims } = decoded(token);
    expect(await isActive(token)).toBe(true);
    expect(await isActive(token, twin)).toBe(true);
    const id = String(
      {
        task: claims['task_id'],
        grant: claims['grant_id'],
        token: claims['jti'],
        agent: claims['sub'],
      }[kind],
    );
    const admin = await broker.operator();
    await admin.call('revoke', {
      body: { [kind]: id, reason: 'test' },
    });
    expect(await isActive(token)).toBe(false);
    expect(await isActive(token, twin)).toBe(false);
  });
  it.each(['task', 'grant', 'agent', 'resource', 'all'] as const)(
    'a %s, before any row below it was touched',
    async (kind) => {
      const [reached, reach] = gate();
      const [held, release] = gate();
      const slow = await broker.twin({
        ...PATIENT,
        ports: (ports) => ({
          ...ports,
          endings: {
            ...ports.endings,
            step: async (...args) => {
              reach();
              await held;
              return ports.endings.step(...args);
            },
          },
        }),
      });
      const party = partyOf(await broker.agent());
      const token = await reportsToken(party);
      const { claims } = decoded(token);
      const target = {
        task: { task: String(claims['task_id']) },
        grant: { grant: String(claims['grant_id']) },
        agent: { agent: party.id },
        resource: { resource: 'reports' },
        all: { all: true as const },
      }[kind];
      const admin = await slow.operator();
      const ending = admin.call('revoke', { body: { ...target, reason: 'test' } });
      await reached;
      expect(await isActive(token)).toBe(false);
      release();
      const { stop_id } = await ending;
      expect(await isActive(token)).toBe(false);
      if (stop_id) await admin.call('liftStop', { params: { id: stop_id }, body: { reason: 'x' } });
      await slow.stop();
    },
  );
  it('a stopped resource, and a lifted stop brings nothing back', async () => {
    const token = await reportsToken();
    const admin = await broker.operator();
    const body = { resource: 'reports', reason: 'test' };
    const { stop_id } = await admin.call('revoke', { body });
    expect(await isActive(token)).toBe(false);
    await admin.call('liftStop', { params: { id: stop_id ?? '' }, body: { reason: 'test' } });
    expect(await isActive(token)).toBe(false);
    expect(await isActive(await reportsToken())).toBe(true);
  });
  it('a suspended agent; resuming brings nothing back', async () => {
    const party = partyOf(await broker.agent());
    const tokens = [await reportsToken(party), await tokenFor(broker, party)];
    const admin = await broker.operator();
    const by = { params: { id: party.id }, body: { reason: 'test' } };
    await admin.call('suspendAgent', by);
    expect(await isActive(tokens[0] ?? '')).toBe(false);
    expect((await call(twin, '/v1/scopes', tokens[1] ?? '')).status).toBe(401);
    await admin.call('resumeAgent', by);
    expect(await isActive(tokens[0] ?? '')).toBe(false);
    expect((await call(broker, '/v1/scopes', tokens[1] ?? '')).status).toBe(401);
  });
  it('a removed rule', async () => {
    const token = await reportsToken();
    const kept = { ...SHOP_BUNDLE };
    kept['rules/access.cedar'] = (kept['rules/access.cedar'] ?? '').replace(
      'action == Action::"read", resource)',
      'action == Action::"read", resource in Environment::"production")',
    );
    await broker.apply(kept);
    for (const by of [broker, twin]) await expect.poll(() => isActive(token, by), SOON).toBe(false);
    await broker.apply(SHOP_BUNDLE);
    expect(await isActive(token)).toBe(false);
  });
  it('a revoked token in its other spellings', async () => {
    const token = await reportsToken();
    const second = flippedSignature(token);
    expect(await isActive(second)).toBe(true);
    await revoke(broker, agent, token);
    for (const text of [token, second, `${token}=`, `${token} `, ` ${token}`, `${token}.`]) {
      expect(await isActive(text)).toBe(false);
    }
  });
});

describe('V1: revocation', () => {
  const empty = (answer: { status: number; text: string }) =>
    expect([answer.status, answer.text]).toEqual([200, '']);
  it('ends the token, and again is fine', async () => {
    const token = await reportsToken();
    empty(await revoke(broker, agent, token));
    expect(await isActive(token)).toBe(false);
    empty(await revoke(broker, agent, token));
  });
  it('works by the second signature of the same token', async () => {
    const token = await reportsToken();
    empty(await revoke(broker, agent, flippedSignature(token)));
    expect(await isActive(token)).toBe(false);
  });
  it.each(['access_token', 'id_token', 'nonsense', '__proto__'])(
    'the hint %s changes nothing',
    async (token_type_hint) => {
      const token = await reportsToken();
      empty(await revoke(broker, agent, token, { token_type_hint }));
      expect(await isActive(token)).toBe(false);
    },
  );
  it.each(['unknown', 'a.b.c', 'x'.repeat(9000), '\u0000', '..'])(
    'an unknown or malformed token is fine: %.20s',
    async (token) => {
      empty(await revoke(broker, agent, token));
    },
  );
  it('a token type that does not exist here is unsupported_token_type', async () => {
    const token = await reportsToken();
    const answer = await revoke(broker, agent, token, { token_type_hint: 'refresh_token' });
    expect([answer.status, answer.body['error']]).toEqual([400, 'unsupported_token_type']);
    expect(await isActive(token)).toBe(true);
  });
  it("another client's token is refused and still active", async () => {
    const token = await reportsToken();
    for (const by of [partyOf(await broker.agent()), server]) {
      const answer = await revoke(broker, by, token);
      expect([answer.status, answer.body['error']]).toEqual([400, 'unauthorized_client']);
    }
    expect(await isActive(token)).toBe(true);
  });
  it('needs authentication', async () => {
    const token = await reportsToken();
    const answer = await postForm(`${broker.url}/oauth/revoke`, { token });
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
    expect(await isActive(token)).toBe(true);
  });
});

describe('V2: revocation reaches every broker', () => {
  it('by the time it is answered, in both directions, and a later one', async () => {
    for (const [here, there] of [
      [broker, twin],
      [twin, broker],
    ] as const) {
      const token = await tokenFor(here, agent, 'shop-staging:read');
      expect((await call(there, '/v1/scopes', token)).status).toBe(200);
      expect((await revoke(here, agent, token)).status).toBe(200);
      expect((await call(there, '/v1/scopes', token)).status).toBe(401);
      const restarted = await broker.twin(PATIENT);
      expect((await call(restarted, '/v1/scopes', token)).status).toBe(401);
      await restarted.stop();
    }
  });
  it('a broker that hears nothing refuses: tokens, introspection and the API, but not revoking', async () => {
    const deaf = await broker.twin({ limits: { feedMaxAgeMs: -1 } });
    const token = await reportsToken();
    const own = await tokenFor(broker, agent, 'shop-staging:read');
    const proof = credentials(assertionBy(broker, agent));
    const minted = await postForm(`${deaf.url}/oauth/token`, {
      grant_type: 'client_credentials',
      ...proof,
    });
    for (const answer of [
      minted,
      await introspect(deaf, server, token),
      await call(deaf, '/v1/scopes', own),
    ]) {
      expect([answer.status, answer.body['code']]).toEqual([503, 'feed_stale']);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect((await revoke(deaf, agent, token)).status).toBe(200);
    expect(await isActive(token)).toBe(false);
    await deaf.stop();
  });
});

/** A promise, and what fulfils it. */
function gate(): [Promise<void>, () => void] {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}
