import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forge, newKey, type TestKey } from '../keys/support.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { signingKeyOf } from './broker-key.ts';
import type { JwksServer } from './jwks-server.ts';
import {
  PATIENT,
  ask,
  assertionBy,
  call,
  decoded,
  introspect,
  mint,
  mintWith,
  type Party,
  partyOf,
  postForm,
  tokenFor,
} from './wire.ts';
import { openSceneWithJwks } from './scene.ts';

let scene: Awaited<ReturnType<typeof openSceneWithJwks>>;
let broker: TestBroker;
let agent: Party;
let server: Party;
let key: TestKey;
let jwks: JwksServer;

beforeAll(async () => {
  scene = await openSceneWithJwks();
  ({ broker, agent, jwks } = scene);
  server = await scene.reports();
  key = await signingKeyOf(broker);
});
afterAll(() => scene.stop());

describe('B1: a token in the URL', () => {
  it.each([
    ['a path of an agent', '/v1/scopes', 'GET'],
    ['a path of an operator', '/v1/agents', 'GET'],
    ['a change', '/v1/tasks', 'POST'],
    ['introspection', '/oauth/introspect', 'POST'],
    ['revocation', '/oauth/revoke', 'POST'],
  ])('is refused at %s and stands in no log line', async (_name, path, method) => {
    const token = await tokenFor(broker, agent, 'shop-staging:read');
    for (const headers of [{}, { authorization: `Bearer ${token}` }]) {
      for (const name of ['access_token', 'token']) {
        if (name === 'token' && path.startsWith('/v1')) continue;
        const answer = await ask(`${broker.url}${path}?${name}=${token}`, { method, headers });
        expect([400, 401]).toContain(answer.status);
        expect(answer.text).not.toContain(token);
      }
    }
    const list = `${broker.url}${path}?access_token=${token}&access_token=${token}`;
    expect((await ask(list, { method })).status).toBe(400);
    expect(broker.log.join('')).toContain(`"path":"${path}"`);
    expect(broker.log.join('')).not.toContain(token.split('.')[2]);
  });
  it('in a form does not authenticate', async () => {
    const token = await tokenFor(broker, agent, 'shop-staging:read');
    const answer = await postForm(`${broker.url}/v1/tasks`, { access_token: token, purpose: 'x' });
    expect(answer.status).toBe(401);
  });
  it('no password grant', async () => {
    const answer = await mint(broker, agent, {
      grant_type: 'password',
      username: 'dana',
      password: 'x',
    });
    expect(answer.body['error']).toBe('unsupported_grant_type');
  });
});

/** The ways to make a token look like something else. `good` is a token that passes. */
const TRICKS: [string, (good: string, by: TestKey, place: string) => string | undefined][] = [
  ['alg of another key type', (good, by) => withHeader(good, by, { alg: 'EdDSA' })],
  ['alg PS256', (good, by) => withHeader(good, by, { alg: 'PS256' })],
  ['alg RS256', (good, by) => withHeader(good, by, { alg: 'RS256' })],
  ['alg HS256', (good, by) => withHeader(good, by, { alg: 'HS256' })],
  ['crit', (good, by) => withHeader(good, by, { crit: ['exp'] })],
  ['crit, empty', (good, by) => withHeader(good, by, { crit: [] })],
  ['b64 false', (good, by) => withHeader(good, by, { b64: false, crit: ['b64'] })],
  ['b64 true', (good, by) => withHeader(good, by, { b64: true })],
  ['zip', (good, by) => withHeader(good, by, { zip: 'DEF' })],
  ['p2c', (good, by) => withHeader(good, by, { p2c: 2_147_483_647, p2s: 'AAAA' })],
  ['enc', (good, by) => withHeader(good, by, { enc: 'A256GCM' })],
  ['jwk', (good, by) => withHeader(good, by, { jwk: by.jwk })],
  ['jku', (good, by, place) => withHeader(good, by, { jku: `http://${place}/jku` })],
  ['x5u', (good, by, place) => withHeader(good, by, { x5u: `http://${place}/x5u` })],
  ['x5c', (good, by) => withHeader(good, by, { x5c: ['AAAA'] })],
  ['a JWE', (good) => `${good.split('.').slice(0, 2).join('.')}.AAAA.AAAA.AAAA`],
  ['four parts', (good) => `${good}.AAAA`],
  ['two parts', (good) => good.split('.').slice(0, 2).join('.')],
  ['no signature', (good) => `${good.split('.').slice(0, 2).join('.')}.`],
  ['no header', (good) => good.replace(/^[^.]+/, '')],
  [
    'JSON serialization',
    (good) => {
      const [header, payload, signature] = good.split('.');
      return JSON.stringify({ protected: header, payload, signature });
    },
  ],
  [
    'general JSON serialization',
    (good) => {
      const [header, payload, signature] = good.split('.');
      return JSON.stringify({ payload, signatures: [{ protected: header, signature }] });
    },
  ],
  [
    'nested',
    (good, by) =>
      forge(by, { alg: by.alg, kid: by.kid, typ: 'at+jwt', cty: 'JWT' }, JSON.stringify(good)),
  ],
  ['a foreign key', (good, by) => withHeader(good, newKey('ES256', by.kid), {})],
  [
    'a foreign key that it brings along',
    (good, by) => {
      const own = newKey('ES256', by.kid);
      return withHeader(good, own, { jwk: own.jwk });
    },
  ],
];

function withHeader(good: string, by: TestKey, change: object): string {
  const { header, claims } = decoded(good);
  // Signed by the very key, so that only the header can be the reason.
  return forge(by, { ...header, ...change }, { ...claims, ...('jti' in claims ? {} : {}) });
}

describe('B2: one key, one algorithm, one form', () => {
  it.each(TRICKS)('%s: refused as access token', async (_name, trick) => {
    const good = await tokenFor(broker, agent, 'reports:read');
    const own = await tokenFor(broker, agent);
    const twisted = trick(good, key, jwks.place) ?? '';
    expect((await introspect(broker, server, good)).body['active']).toBe(true);
    expect((await introspect(broker, server, twisted)).text).toBe('{"active":false}');
    expect((await call(broker, '/v1/scopes', own)).status).toBe(200);
    const bearer = trick(own, key, jwks.place) ?? '';
    expect((await call(broker, '/v1/scopes', bearer)).status).toBe(401);
    expect(jwks.hits).toEqual([]);
  });
  it.each(TRICKS)('%s: refused as client assertion', async (_name, trick) => {
    const good = assertionBy(broker, agent);
    const answer = await mintWith(broker, trick(good, agent.key, jwks.place) ?? '');
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
    expect((await mintWith(broker, good)).status).toBe(200);
    expect(jwks.hits).toEqual([]);
  });
});

describe('B3: a key belongs to its issuer', () => {
  it("another agent's key, under the same kid, proves nothing", async () => {
    const kid = 'shared';
    const parties = [];
    for (const name of ['a', 'b']) {
      const own = newKey('ES256', kid);
      const body = {
        name: `b3-${name}`,
        owner: 'dana@example.com',
        teams: ['support'],
        jwks: { keys: [{ ...own.jwk }] },
      };
      const { id } = await (await broker.operator()).call('createAgent', { body });
      parties.push({ id, key: own });
    }
    const [a, b] = parties as [Party, Party];
    expect((await mint(broker, a)).status).toBe(200);
    expect((await mint(broker, { id: a.id, key: b.key })).status).toBe(401);
    expect((await mint(broker, { id: b.id, key: a.key })).status).toBe(401);
    expect((await mint(broker, { id: server.id, key: a.key })).status).toBe(401);
  });
  it("an agent's key signs no access token, and the broker's key no assertion", async () => {
    const { header, claims } = decoded(await tokenFor(broker, agent));
    for (const kid of [key.kid, agent.key.kid]) {
      const forged = forge(agent.key, { ...header, kid }, claims);
      expect((await call(broker, '/v1/scopes', forged)).status).toBe(401);
    }
    for (const kid of [key.kid, agent.key.kid, undefined]) {
      const by = { ...key, kid: kid ?? '' };
      expect((await mint(broker, { id: agent.id, key: by })).status).toBe(401);
    }
  });
  it("another broker's token is refused, also under a shared name", async () => {
    const other = await startBroker({
      overrides: PATIENT,
      shared: { masterKey: broker.config.masterKey, issuer: broker.config.http.issuer },
    });
    await other.apply(SHOP_BUNDLE);
    const theirs = await tokenFor(other, partyOf(await other.agent()));
    expect((await call(other, '/v1/scopes', theirs)).status).toBe(200);
    expect((await call(broker, '/v1/scopes', theirs)).status).toBe(401);
    const { header, claims } = decoded(theirs);
    const renamed = forge(await signingKeyOf(other), { ...header, kid: key.kid }, claims);
    expect((await call(broker, '/v1/scopes', renamed)).status).toBe(401);
    await other.stop();
  });
});

it('B2: the tricks above start from tokens that pass', async () => {
  const good = await tokenFor(broker, agent);
  expect((await call(broker, '/v1/scopes', withHeader(good, key, {}))).status).toBe(200);
  const assertion = assertionBy(broker, agent, { claims: { jti: randomUUID() } });
  expect((await mintWith(broker, withHeader(assertion, agent.key, {}))).status).toBe(200);
});
