import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SIGNING_ALGORITHMS } from '../../src/keys/algorithms.ts';
import { forge, newKey, type TestKey } from '../keys/support.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { signingKeyOf } from './broker-key.ts';
import {
  PATIENT,
  ask,
  call,
  decoded,
  introspect,
  mint,
  type Party,
  partyOf,
  tokenFor,
} from './wire.ts';
import { openScene, type Scene } from './scene.ts';

let scene: Scene;
let broker: TestBroker;
let agent: Party;
let server: Party;
let key: TestKey;
let issuer: string;

beforeAll(async () => {
  scene = await openScene();
  ({ broker, agent, issuer } = scene);
  server = await scene.reports();
  key = await signingKeyOf(broker);
});
afterAll(() => scene.stop());

describe('J1: what is in a token', () => {
  it('typ, kid and the claims of RFC 9068, and nothing else', async () => {
    const token = await tokenFor(broker, agent, 'shop-staging:read');
    const { header, claims } = decoded(token);
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: key.kid });
    expect(claims).toEqual({
      iss: issuer,
      sub: agent.id,
      aud: issuer,
      client_id: agent.id,
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.stringMatching(/^tok_/),
      scope: 'shop-staging:read',
      task_id: expect.stringMatching(/^tsk_/),
      grant_id: expect.stringMatching(/^grt_/),
      authorization_details: [{ type: 'task', task_id: claims['task_id'] }],
    });
  });
  it('no purpose, ticket, name or owner, also where the agent states them', async () => {
    const details = JSON.stringify([
      { type: 'task', purpose: 'CANARY-PURPOSE', ticket: 'CANARY-TICKET' },
    ]);
    const answer = await mint(broker, agent, {
      scope: 'shop-staging:read',
      authorization_details: details,
    });
    const text = JSON.stringify(decoded(String(answer.body['access_token']))) + answer.text;
    expect(text).not.toMatch(/CANARY|dana|agent-/);
  });
  it('no scope where none was granted', async () => {
    const { claims } = decoded(await tokenFor(broker, agent));
    for (const name of ['scope', 'task_id', 'grant_id']) expect(claims).not.toHaveProperty(name);
  });
});

describe('J2: what a resource server refuses', () => {
  /** Claims of a live token, so that a forgery differs in exactly one thing. */
  let claims: Record<string, unknown>;
  const header = () => ({ alg: 'ES256', typ: 'at+jwt', kid: key.kid });
  beforeAll(async () => {
    ({ claims } = decoded(await tokenFor(broker, agent, 'shop-staging:read')));
  });
  const presented = async (jwt: string) => call(broker, '/v1/scopes', jwt);

  it.each(['at+jwt', 'application/at+jwt'])('not typ %s', async (typ) => {
    expect((await presented(forge(key, { ...header(), typ }, claims))).status).toBe(200);
  });

  it.each<[string, (live: Record<string, unknown>) => string]>([
    ['typ absent', (c) => forge(key, { ...header(), typ: undefined }, c)],
    ['typ JWT', (c) => forge(key, { ...header(), typ: 'JWT' }, c)],
    ['typ dpop+jwt', (c) => forge(key, { ...header(), typ: 'dpop+jwt' }, c)],
    [
      'typ of an assertion',
      (c) => forge(key, { ...header(), typ: 'client-authentication+jwt' }, c),
    ],
    ['typ with a space', (c) => forge(key, { ...header(), typ: 'at+jwt ' }, c)],
    ['alg none', (c) => forge(key, { ...header(), alg: 'none' }, c)],
    [
      'alg none, unsigned',
      (c) => forge(key, { ...header(), alg: 'none' }, c).replace(/[^.]+$/, ''),
    ],
    ['no kid', (c) => forge(key, { ...header(), kid: undefined }, c)],
    ['an unknown kid', (c) => forge(key, { ...header(), kid: 'x' }, c)],
    ['a foreign key under our kid', (c) => forge(newKey('ES256', key.kid), header(), c)],
    ['iss with a slash', (c) => forge(key, header(), { ...c, iss: `${String(c['iss'])}/` })],
    ['iss upper case', (c) => forge(key, header(), { ...c, iss: String(c['iss']).toUpperCase() })],
    ['another iss', (c) => forge(key, header(), { ...c, iss: 'https://other.example.com' })],
    ['no iss', (c) => forge(key, header(), { ...c, iss: undefined })],
    ['another aud', (c) => forge(key, header(), { ...c, aud: 'https://reports.example.com' })],
    ['our aud among others', (c) => forge(key, header(), { ...c, aud: [c['aud'], 'https://x'] })],
    ['aud with a slash', (c) => forge(key, header(), { ...c, aud: `${String(c['aud'])}/` })],
    ['no aud', (c) => forge(key, header(), { ...c, aud: undefined })],
    ['exp past', (c) => forge(key, header(), { ...c, exp: Math.floor(Date.now() / 1000) - 1 })],
    ['no exp', (c) => forge(key, header(), { ...c, exp: undefined })],
    ['exp as text', (c) => forge(key, header(), { ...c, exp: String(c['exp']) })],
    ['a jti nobody minted', (c) => forge(key, header(), { ...c, jti: `tok_${'0'.repeat(26)}` })],
    ['no jti', (c) => forge(key, header(), { ...c, jti: undefined })],
  ])('%s', async (_name, make) => {
    const answer = await presented(make(claims));
    expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_token']);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  });

  it('a longer life than the record has is worth nothing: the record decides', async () => {
    const { claims: live } = decoded(await tokenFor(broker, agent, 'shop-staging:read'));
    const longer = forge(key, header(), { ...live, exp: Number(live['exp']) + 86_400 });
    expect((await presented(longer)).status).toBe(200);
    await broker.store.asSuperuser(
      `update countersign.tokens set expires_at = now() - interval '1 second' where jti = $1`,
      [live['jti']],
    );
    expect((await presented(longer)).status).toBe(401);
  });

  it('more scopes or another subject than the record has are worth nothing', async () => {
    const other = partyOf(await broker.agent());
    const { claims: live } = decoded(await tokenFor(broker, agent, 'shop-staging:read'));
    const wide = forge(key, header(), {
      ...live,
      sub: other.id,
      client_id: other.id,
      scope: 'shop-staging:read shop-staging:write',
    });
    const task = await call(broker, `/v1/tasks/${String(live['task_id'])}`, wide);
    expect([task.status, task.body['agent_id']]).toEqual([200, agent.id]);
    const body = JSON.stringify({ scope: 'shop-staging:write' });
    const headers = { 'content-type': 'application/json' };
    const lease = await call(broker, '/v1/leases', wide, { method: 'POST', headers, body });
    expect([lease.status, lease.body['code']]).toEqual([403, 'insufficient_scope']);
  });

  it('a token for a resource of its own audience is none of the broker', async () => {
    const token = await tokenFor(broker, agent, 'reports:read');
    expect(decoded(token).claims['aud']).toBe('https://reports.example.com');
    expect((await presented(token)).status).toBe(401);
    expect((await introspect(broker, server, token)).body['active']).toBe(true);
  });
});

describe('J3: the algorithm is the choice of the deployment', () => {
  it.each(SIGNING_ALGORITHMS)('%s: minted, published, taken back', async (signingAlg) => {
    const other = await startBroker({ overrides: PATIENT, config: { signingAlg } });
    try {
      await other.apply(SHOP_BUNDLE);
      const token = await tokenFor(other, partyOf(await other.agent()), 'shop-staging:read');
      expect(decoded(token).header['alg']).toBe(signingAlg);
      const { body } = await ask(`${other.url}/.well-known/jwks.json`);
      const keys = createLocalJWKSet(body as unknown as Parameters<typeof createLocalJWKSet>[0]);
      const { issuer: iss } = other.config.http;
      await jwtVerify(token, keys, { issuer: iss, audience: iss, typ: 'at+jwt' });
      expect((await call(other, '/v1/scopes', token)).status).toBe(200);
    } finally {
      await other.stop();
    }
  });
});

describe('J4: nobody chooses a subject', () => {
  it.each(['admin@corp', 'Admin', 'opr host', 'dana@example.com', '../x', 'agt:1'])(
    'the name %s is refused',
    async (name) => {
      const body = { name, owner: 'dana@example.com', jwks: { keys: [] } };
      await expect((await broker.operator()).call('createAgent', { body })).rejects.toMatchObject({
        status: 400,
        problem: { field: 'name' },
      });
    },
  );
  it.each(['opr_host', 'admin', 'broker', 'rs_01', 'all'])(
    'an agent named %s is known by its id',
    async (name) => {
      const { publicJwk, privateJwk } = await import('../../src/sdk/generate-key.ts').then((m) =>
        m.generateAgentKey(),
      );
      const jwks = { keys: [{ ...publicJwk }] };
      const body = { name, owner: 'dana@example.com', teams: ['support'], jwks };
      const { id } = await (await broker.operator()).call('createAgent', { body });
      expect(id).toMatch(/^agt_[0-9a-z]{26}$/);
      const session = { id, name, privateJwk } as unknown as Parameters<typeof partyOf>[0];
      const { claims } = decoded(await tokenFor(broker, partyOf(session)));
      expect([claims['sub'], claims['client_id']]).toEqual([id, id]);
      expect(
        (await call(broker, '/v1/agents', await tokenFor(broker, partyOf(session)))).status,
      ).toBe(403);
    },
  );
});
