import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forge, newKey, type TestKey } from '../keys/support.ts';
import type { TestBroker } from '../support/broker.ts';
import { type JwksServer, sendingKeys } from './jwks-server.ts';
import {
  PATIENT,
  type AssertionChange,
  assertionBy,
  credentials,
  mint,
  mintWith,
  type Party,
  partyOf,
  postForm,
  resourceServer,
  tokenFor,
} from './wire.ts';
import { openSceneWithJwks } from './scene.ts';

let scene: Awaited<ReturnType<typeof openSceneWithJwks>>;
let broker: TestBroker;
let twin: TestBroker;
let agent: Party;
let issuer: string;
let jwks: JwksServer;

beforeAll(async () => {
  scene = await openSceneWithJwks();
  ({ broker, agent, issuer, jwks } = scene);
  twin = await broker.twin(PATIENT);
});
afterAll(async () => {
  await twin.stop();
  await scene.stop();
});

const seconds = () => Math.floor(Date.now() / 1000);

/** Status and error of a token request with an assertion changed like this. */
async function outcome(change: AssertionChange, by: TestBroker = broker): Promise<string> {
  const { status, body } = await mintWith(by, assertionBy(broker, agent, change));
  return status === 200 ? 'accepted' : `${status} ${String(body['error'])}`;
}

const REFUSED = '401 invalid_client';

/** Registers a client with these public keys, or a URI to find them at. */
async function registered(keys: readonly TestKey[] | string): Promise<string> {
  const source =
    typeof keys === 'string'
      ? { jwks_uri: keys }
      : { jwks: { keys: keys.map(({ jwk }) => ({ ...jwk })) } };
  const name = `agent-${randomUUID().slice(0, 8)}`;
  const body = { name, owner: 'dana@example.com', teams: ['support'], ...source };
  return (await (await broker.operator()).call('createAgent', { body })).id;
}

describe('C1: aud is the issuer', () => {
  it('alone, or as the one element of a list', async () => {
    expect(await outcome({})).toBe('accepted');
    expect(await outcome({ claims: { aud: [issuer] } })).toBe('accepted');
  });
  it.each<[string, (url: string) => unknown]>([
    ['the token endpoint', (url) => `${url}/oauth/token`],
    ['the introspection endpoint', (url) => `${url}/oauth/introspect`],
    ['a PAR endpoint', (url) => `${url}/oauth/par`],
    ['two audiences', (url) => [url, 'https://other.example.com']],
    ['the issuer twice', (url) => [url, url]],
    ['an empty list', () => []],
    ['another server', () => 'https://other.example.com'],
    ['missing', () => undefined],
    ['null', () => null],
    ['a slash at the end', (url) => `${url}/`],
    ['an upper-case host', (url) => url.replace('localhost', 'LOCALHOST')],
    ['the address behind the name', (url) => url.replace('localhost', '127.0.0.1')],
    ['another scheme', (url) => url.replace('http:', 'https:')],
    ['no port', (url) => url.replace(/:\d+$/, '')],
    ['a prefix', (url) => url.slice(0, -1)],
    ['white space', (url) => ` ${url}`],
    ['a nested list', (url) => [[url]]],
    ['an object', (url) => ({ aud: url })],
  ])('not %s', async (_name, aud) => {
    expect(await outcome({ claims: { aud: aud(issuer) } })).toBe(REFUSED);
  });
});

describe('C2: typ', () => {
  it.each([undefined, 'JWT', 'client-authentication+jwt'])('accepts %j', async (typ) => {
    expect(await outcome({ header: { typ } })).toBe('accepted');
  });
  it.each([
    'at+jwt',
    'application/at+jwt',
    'AT+JWT',
    'dpop+jwt',
    'secevent+jwt',
    'token-introspection+jwt',
    'statuslist+jwt',
    'oauth-authz-req+jwt',
    'logout+jwt',
    'JOSE',
    '',
    null,
    ['JWT'],
  ])('refuses %j', async (typ) => {
    expect(await outcome({ header: { typ } })).toBe(REFUSED);
  });
  it('refuses our own access token as an assertion', async () => {
    for (const scope of [undefined, 'shop-staging:read']) {
      const answer = await mintWith(broker, await tokenFor(broker, agent, scope));
      expect(answer.status).toBe(401);
      expect(answer.body['error']).toBe('invalid_client');
    }
  });
});

describe('C3: iss, sub and client_id are one', () => {
  const other = `agt_${'0'.repeat(26)}`;
  it.each([
    ['iss of another', { iss: other }],
    ['sub of another', { sub: other }],
    ['no sub', { sub: undefined }],
    ['no iss', { iss: undefined }],
    ['neither', { iss: undefined, sub: undefined }],
    ['both of an unknown client', { iss: other, sub: other }],
    ['a list', { iss: [other], sub: [other] }],
    ['an upper-case id', { iss: 'UPPER', sub: 'UPPER' }],
  ])('%s', async (_name, claims) => {
    const upper = agent.id.toUpperCase();
    const given = 'iss' in claims && claims.iss === 'UPPER' ? { iss: upper, sub: upper } : claims;
    expect(await outcome({ claims: given })).toBe(REFUSED);
  });
  it('client_id in the body', async () => {
    const wrong = await mint(broker, agent, { client_id: other });
    expect([wrong.status, wrong.body['error']]).toEqual([401, 'invalid_client']);
    expect((await mint(broker, agent, { client_id: agent.id })).status).toBe(200);
  });
});

describe('C4: time', () => {
  it.each<[string, () => Record<string, unknown>]>([
    ['iat 8 s ahead', () => ({ iat: seconds() + 8 })],
    ['nbf 8 s ahead', () => ({ nbf: seconds() + 8 })],
    ['no iat', () => ({ iat: undefined })],
    ['a life of five minutes', () => ({ exp: seconds() + 300 })],
  ])('accepts %s', async (_name, claims) => {
    expect(await outcome({ claims: claims() })).toBe('accepted');
  });
  it.each<[string, () => Record<string, unknown>]>([
    ['no exp', () => ({ exp: undefined })],
    ['exp five minutes past', () => ({ exp: seconds() - 300 })],
    ['exp just past', () => ({ exp: seconds() - 1 })],
    ['exp beyond the horizon', () => ({ exp: seconds() + 400 })],
    ['exp in a year', () => ({ exp: seconds() + 31_536_000 })],
    ['exp as text', () => ({ exp: String(seconds() + 60) })],
    ['exp with a fraction', () => ({ exp: seconds() + 60.5 })],
    ['exp null', () => ({ exp: null })],
    ['nbf over a minute ahead', () => ({ nbf: seconds() + 75 })],
    ['iat over a minute ahead', () => ({ iat: seconds() + 75 })],
    ['iat as text', () => ({ iat: 'now' })],
  ])('refuses %s', async (_name, claims) => {
    expect(await outcome({ claims: claims() })).toBe(REFUSED);
  });
});

describe('C5: each jti once', () => {
  it('refuses the second use, one after the other', async () => {
    const assertion = assertionBy(broker, agent);
    expect((await mintWith(broker, assertion)).status).toBe(200);
    for (const by of [broker, twin]) {
      const again = await mintWith(by, assertion);
      expect([again.status, again.body['error']]).toEqual([401, 'invalid_client']);
    }
  });
  it('lets exactly one of fifty in, on two brokers at once', async () => {
    const assertion = assertionBy(broker, agent);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => mintWith(n % 2 ? broker : twin, assertion)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 49 }, () => 401)]);
  });
  it.each([undefined, '', 7, null, 'x'.repeat(300), 'a\nb'])('needs a jti: not %j', async (jti) => {
    expect(await outcome({ claims: { jti } })).toBe(REFUSED);
  });
  it('lets another client use the same jti', async () => {
    const other = partyOf(await broker.agent());
    const jti = randomUUID();
    expect(await outcome({ claims: { jti } })).toBe('accepted');
    const answer = await mintWith(broker, assertionBy(broker, other, { claims: { jti } }));
    expect(answer.status).toBe(200);
  });
  it('forgets a jti only after its assertion has expired', async () => {
    const [kept] = await broker.store.asSuperuser<{ ahead: boolean }>(
      'select bool_and(expires_at > created) as ahead from (select expires_at, now() as created from countersign.used_jtis) u',
    );
    expect(kept?.ahead).toBe(true);
    await broker.store.asSuperuser(`insert into countersign.used_jtis
      select 'agt_old', n::text, now() - interval '1 hour' from generate_series(1, 700) n`);
    const { createUpkeep } = await import('../../src/store/upkeep.ts');
    const { createPool } = await import('../../src/store/pool.ts');
    const { databaseUrl } = broker.config;
    if (!databaseUrl) throw new Error('no store');
    const pool = createPool({ url: databaseUrl, poolSize: 1 });
    await createUpkeep(pool).removeRetired(30, 20);
    await pool.end();
    const [left] = await broker.store.asSuperuser<{ old: number; fresh: number }>(
      `select count(*) filter (where expires_at < now())::int as old,
              count(*) filter (where expires_at > now())::int as fresh from countersign.used_jtis`,
    );
    expect(left?.old).toBe(0);
    expect(left?.fresh).toBeGreaterThan(0);
  });
});

describe('C6: the marker is written after the signature', () => {
  it.each<[string, (claims: object) => string]>([
    [
      'a forged signature',
      (claims) =>
        assertionBy(broker, agent, { claims: { ...claims }, key: newKey('ES256', agent.key.kid) }),
    ],
    [
      'another algorithm',
      (claims) =>
        assertionBy(broker, agent, { claims: { ...claims }, key: newKey('EdDSA', agent.key.kid) }),
    ],
    [
      'a wrong audience',
      (claims) => assertionBy(broker, agent, { claims: { ...claims, aud: 'x' } }),
    ],
    [
      'a wrong typ',
      (claims) => assertionBy(broker, agent, { claims: { ...claims }, header: { typ: 'at+jwt' } }),
    ],
    [
      'a cut signature',
      (claims) => assertionBy(broker, agent, { claims: { ...claims } }).slice(0, -4),
    ],
  ])('%s burns nothing', async (_name, attack) => {
    const claims = { jti: randomUUID() };
    expect((await mintWith(broker, attack(claims))).status).toBe(401);
    expect(await outcome({ claims })).toBe('accepted');
  });
});

describe('C7: the algorithm is the one of the registered key', () => {
  it('refuses RS256 by a key registered for PS256', async () => {
    const key = newKey('PS256', 'rsa');
    const id = await registered([key]);
    expect((await mint(broker, { id, key })).status).toBe(200);
    const swapped = { ...key, alg: 'RS256' as const };
    expect((await mint(broker, { id, key: swapped })).status).toBe(401);
  });
  it.each([
    'EdDSA',
    'PS256',
    'RS256',
    'HS256',
    'none',
    'nOnE',
    'None',
    'NONE',
    '',
    'ES384',
    'es256',
    'ES256K',
    ['ES256'],
    null,
    undefined,
  ])('refuses alg %j in the header', async (alg) => {
    expect(await outcome({ header: { alg } })).toBe(REFUSED);
  });
  it('refuses HS256 keyed with the public key, and an empty signature', async () => {
    const [, claims = ''] = assertionBy(broker, agent).split('.');
    const secrets = [
      JSON.stringify(agent.key.jwk),
      agent.key.key.export({ type: 'spki', format: 'pem' }),
      agent.key.key.export({ type: 'spki', format: 'der' }),
    ];
    for (const secret of secrets) {
      for (const alg of ['HS256', 'ES256']) {
        const head = Buffer.from(JSON.stringify({ alg, kid: agent.key.kid })).toString('base64url');
        const mac = createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url');
        expect((await mintWith(broker, `${head}.${claims}.${mac}`)).status).toBe(401);
      }
    }
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    expect((await mintWith(broker, `${none}.${claims}.`)).status).toBe(401);
  });
});

describe('C8: kid', () => {
  it('missing, with two keys of one algorithm: both are tried', async () => {
    const keys = [newKey('ES256', 'one'), newKey('ES256', 'two')] as const;
    const id = await registered(keys);
    for (const key of keys) {
      const assertion = assertionBy(broker, { id, key }, { header: { kid: undefined } });
      expect((await mintWith(broker, assertion)).status).toBe(200);
    }
    const foreign = assertionBy(
      broker,
      { id, key: newKey('ES256') },
      { header: { kid: undefined } },
    );
    expect((await mintWith(broker, foreign)).status).toBe(401);
  });
  it('unknown, behind a URI: one look more a minute, then refused', async () => {
    const known = newKey('ES256', 'known');
    jwks.answer = sendingKeys(known);
    const uri = `${jwks.url}?c8`;
    const id = await registered(uri);
    const looks = () => jwks.hits.filter((hit) => hit.endsWith('?c8')).length;
    expect((await mint(broker, { id, key: known })).status).toBe(200);
    expect(looks()).toBe(1);
    const flood = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, n) =>
          mint(broker, { id, key: newKey('ES256', `k${n}`) }),
        ),
      );
    for (const { status } of await flood(30)) expect(status).toBe(401);
    expect(looks()).toBe(2);
    for (const { status } of await flood(10)) expect(status).toBe(401);
    expect(looks()).toBe(2);
    expect((await mint(broker, { id, key: known })).status).toBe(200);
  });
  it('new, behind a URI: found by that one look', async () => {
    const [known, later] = [newKey('ES256', 'known'), newKey('ES256', 'later')];
    jwks.answer = sendingKeys(known);
    const id = await registered(`${jwks.url}?rotated`);
    expect((await mint(broker, { id, key: known })).status).toBe(200);
    jwks.answer = sendingKeys(later);
    expect((await mint(broker, { id, key: later })).status).toBe(200);
    expect((await mint(broker, { id, key: known })).status).toBe(401);
  });
  it('is a name, never a place to look', async () => {
    for (const kid of ['../../etc/passwd', jwks.url, "' or 1=1 --", '__proto__', 'toString']) {
      const key = { ...agent.key, kid };
      expect((await mint(broker, { id: agent.id, key })).status).toBe(401);
    }
    expect(jwks.hits.some((hit) => hit.endsWith('/jwks.json'))).toBe(false);
  });
});

describe('C10: client_assertion_type', () => {
  it.each([
    undefined,
    'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    'jwt-bearer',
    'URN:IETF:params:oauth:client-assertion-type:jwt-bearer',
  ])('refuses %j', async (client_assertion_type) => {
    const answer = await mint(broker, agent, { client_assertion_type });
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });
  it('refuses the type without an assertion', async () => {
    const { client_assertion_type } = credentials('x');
    const form = { grant_type: 'client_credentials', client_assertion_type };
    const answer = await postForm(`${broker.url}/oauth/token`, form);
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
  });
});

it('C1: holds for resource servers at introspection as well', async () => {
  const server = await resourceServer(broker, 'https://c1.example.com');
  const token = await tokenFor(broker, agent);
  const url = `${broker.url}/oauth/introspect`;
  for (const [aud, status] of [
    [issuer, 200],
    [url, 401],
    ['https://c1.example.com', 401],
  ] as const) {
    const proof = credentials(assertionBy(broker, server, { claims: { aud } }));
    expect((await postForm(url, { ...proof, token })).status).toBe(status);
  }
});

it('forges as intended: the plain assertion of these tests is accepted', async () => {
  const plain = forge(
    agent.key,
    { alg: 'ES256' },
    { iss: agent.id, sub: agent.id, aud: issuer, jti: randomUUID(), exp: seconds() + 30 },
  );
  expect((await mintWith(broker, plain)).status).toBe(200);
});
