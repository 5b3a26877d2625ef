import { webcrypto } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../keys/support.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import {
  PATIENT,
  ask,
  assertionBy,
  call,
  credentials,
  mint,
  type Party,
  partyOf,
  postForm,
  resourceServer,
  tokenFor,
} from './wire.ts';

const loopback = { [oauth.allowInsecureRequests]: true };
let broker: TestBroker;
let agent: Party;
let issuer: string;

beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
  await broker.apply(SHOP_BUNDLE);
  agent = partyOf(await broker.agent());
  issuer = broker.config.http.issuer;
});
afterAll(() => broker.stop());

async function discovered(): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  const answer = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...loopback });
  return oauth.processDiscoveryResponse(url, answer);
}

describe('P1: server metadata', () => {
  it('lets a standard client mint, use, introspect and revoke', async () => {
    const as = await discovered();
    expect(as.issuer).toBe(issuer);
    const signing = { key: await webKey(agent), kid: agent.key.kid };
    const auth = oauth.PrivateKeyJwt(signing);
    const client = { client_id: agent.id };
    const parameters = { scope: 'reports:read', resource: 'https://reports.example.com' };
    const token = await oauth.processClientCredentialsResponse(
      as,
      client,
      await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, loopback),
    );
    expect(token).toMatchObject({ token_type: 'bearer', scope: 'reports:read' });

    const rs = await resourceServer(broker, 'https://reports.example.com');
    const rsAuth = oauth.PrivateKeyJwt({ key: await webKey(rs), kid: rs.key.kid });
    const rsClient = { client_id: rs.id };
    const introspect = async () =>
      oauth.processIntrospectionResponse(
        as,
        rsClient,
        await oauth.introspectionRequest(as, rsClient, rsAuth, token.access_token, loopback),
      );
    expect(await introspect()).toMatchObject({ active: true, sub: agent.id });

    const headers = { authorization: `Bearer ${token.access_token}` };
    const request = new Request('https://reports.example.com/q', { headers });
    const claims = await oauth.validateJwtAccessToken(
      as,
      request,
      'https://reports.example.com',
      loopback,
    );
    expect(claims).toMatchObject({ iss: issuer, client_id: agent.id, scope: 'reports:read' });
    await expect(
      oauth.validateJwtAccessToken(as, request, 'https://other.example.com', loopback),
    ).rejects.toThrow();

    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, auth, token.access_token, loopback),
    );
    expect(await introspect()).toEqual({ active: false });
  });

  it('has no empty list, no `none`, and algorithms wherever assertions are taken', async () => {
    const as = (await discovered()) as Record<string, unknown>;
    for (const value of Object.values(as)) {
      expect(value === null || (Array.isArray(value) && value.length === 0)).toBe(false);
    }
    for (const endpoint of ['token', 'introspection', 'revocation']) {
      expect(as[`${endpoint}_endpoint_auth_methods_supported`]).toEqual(['private_key_jwt']);
      const algorithms = as[`${endpoint}_endpoint_auth_signing_alg_values_supported`];
      expect(algorithms).toEqual(expect.arrayContaining(['ES256', 'EdDSA', 'PS256', 'RS256']));
      expect(algorithms).not.toContain('none');
    }
  });

  it('every endpoint it names answers, and takes what it says', async () => {
    const as = await discovered();
    for (const url of [as.token_endpoint, as.introspection_endpoint, as.revocation_endpoint]) {
      expect((await postForm(url ?? '', {})).status).toBe(401);
    }
    expect((await ask(as.jwks_uri ?? '')).body['keys']).toHaveLength(1);
    for (const grant_type of as.grant_types_supported ?? []) {
      // CIBA collects what was asked for before: known, and without anything to collect.
      const isCiba = grant_type.endsWith(':ciba');
      const answer = await mint(broker, agent, {
        grant_type,
        auth_req_id: isCiba ? 'x' : undefined,
      });
      expect(answer.body['error'], grant_type).toBe(isCiba ? 'invalid_grant' : undefined);
    }
    for (const type of as['authorization_details_types_supported'] as string[]) {
      const details = JSON.stringify([{ type, purpose: 'x' }]);
      expect((await mint(broker, agent, { authorization_details: details })).status).toBe(200);
    }
  });

  it('every algorithm it names authenticates a client', async () => {
    const as = await discovered();
    const named = as.token_endpoint_auth_signing_alg_values_supported ?? [];
    const admin = await broker.operator();
    for (const alg of named as ('ES256' | 'EdDSA' | 'PS256' | 'RS256')[]) {
      const key = newKey(alg);
      const body = {
        name: `alg-${alg.toLowerCase()}`,
        owner: 'dana@example.com',
        teams: ['support'],
        jwks: { keys: [{ ...key.jwk }] },
      };
      const { id } = await admin.call('createAgent', { body });
      expect((await mint(broker, { id, key })).status).toBe(200);
    }
  });

  it('what it does not name is not there', async () => {
    for (const path of ['authorize', 'par', 'device', 'register', 'userinfo', 'status/1', 'bc']) {
      for (const method of ['GET', 'POST']) {
        expect((await ask(`${broker.url}/oauth/${path}`, { method })).status).toBe(404);
      }
    }
    for (const path of ['openid-configuration', 'oauth-client', 'webfinger']) {
      expect((await ask(`${broker.url}/.well-known/${path}`)).status).toBe(404);
    }
    const secret = await postForm(`${broker.url}/oauth/token`, {
      grant_type: 'client_credentials',
      client_id: agent.id,
      client_secret: 'x',
    });
    expect(secret.status).toBe(401);
  });

  it('of an issuer with a path is inserted, not appended, and what it names works', async () => {
    const placed = await startBroker({ overrides: PATIENT, issuerPath: '/broker/one' });
    try {
      const url = placed.config.http.issuer;
      const root = new URL(url).origin;
      const inserted = `${root}/.well-known/oauth-authorization-server/broker/one`;
      const metadata = await ask(inserted);
      expect([metadata.status, metadata.body['issuer']]).toEqual([200, url]);
      for (const wrong of [
        `${url}/.well-known/oauth-authorization-server`,
        `${root}/.well-known/oauth-authorization-server`,
        `${inserted}/`,
      ]) {
        expect((await ask(wrong)).status).toBe(404);
      }
      expect((await ask(String(metadata.body['jwks_uri']))).status).toBe(200);
      await placed.apply(SHOP_BUNDLE);
      const party = partyOf(await placed.agent());
      const minted = await postForm(String(metadata.body['token_endpoint']), {
        grant_type: 'client_credentials',
        ...credentials(assertionBy(placed, party)),
      });
      expect(minted.status).toBe(200);
      const headers = { authorization: `Bearer ${String(minted.body['access_token'])}` };
      expect((await ask(`${url}/v1/scopes`, { headers })).status).toBe(200);
      const challenge = (await ask(`${url}/v1/scopes`)).headers.get('www-authenticate') ?? '';
      const resource = await ask(/resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '');
      expect(resource.body).toMatchObject({ resource: url, authorization_servers: [url] });
    } finally {
      await placed.stop();
    }
  });
});

describe('P3: protected resource metadata', () => {
  it.each<[string, (token: string) => RequestInit]>([
    ['no token', () => ({})],
    ['a bad token', () => ({ headers: { authorization: 'Bearer nonsense' } })],
    ['another scheme', (token) => ({ headers: { authorization: `Basic ${token}` } })],
    ['no scheme', (token) => ({ headers: { authorization: token } })],
  ])('a 401 for %s says where it is', async (_name, init) => {
    const answer = await ask(`${broker.url}/v1/scopes`, init(await tokenFor(broker, agent)));
    expect(answer.status).toBe(401);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    expect(challenge).toMatch(/^Bearer /);
    const url = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '';
    expect(url).toBe(`${issuer}/.well-known/oauth-protected-resource`);
    const metadata = await ask(url);
    expect(metadata.body).toMatchObject({
      resource: issuer,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
    });
  });
  it('is what a standard client accepts', async () => {
    const answer = await oauth.resourceDiscoveryRequest(new URL(issuer), loopback);
    const metadata = await oauth.processResourceDiscoveryResponse(new URL(issuer), answer);
    expect(metadata.authorization_servers).toEqual([issuer]);
    expect((await discovered()).issuer).toBe(issuer);
  });
});

describe('K1: published keys', () => {
  it('have public members only, whatever the algorithm, and verify what is minted', async () => {
    for (const signingAlg of ['ES256', 'PS256'] as const) {
      const other = await startBroker({
        overrides: PATIENT,
        store: broker.store,
        shared: { masterKey: broker.config.masterKey, issuer },
        config: { signingAlg },
      });
      const answer = await ask(`${other.url}/.well-known/jwks.json`);
      const keys = answer.body['keys'] as Record<string, unknown>[];
      expect(keys[0]?.['alg']).toBe(signingAlg);
      for (const key of keys) {
        for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'sealed']) {
          expect(key).not.toHaveProperty(name);
        }
        expect(key).toMatchObject({ use: 'sig', kid: expect.any(String), alg: expect.any(String) });
      }
      await other.stop();
    }
    const both = await ask(`${broker.url}/.well-known/jwks.json`);
    expect(both.headers.get('cache-control')).toMatch(/max-age=\d+/);
  });
  it('of another algorithm stay published, and their tokens good', async () => {
    const token = await tokenFor(broker, agent);
    const other = await startBroker({
      overrides: PATIENT,
      store: broker.store,
      shared: { masterKey: broker.config.masterKey, issuer },
      config: { signingAlg: 'EdDSA' },
    });
    const { body } = await ask(`${other.url}/.well-known/jwks.json`);
    const kids = (body['keys'] as { kid: string }[]).map(({ kid }) => kid);
    expect(new Set(kids).size).toBe(kids.length);
    expect((await call(other, '/v1/scopes', token)).status).toBe(200);
    await other.stop();
  });
});

/** The same key for the standard client, which wants a WebCrypto key. */
async function webKey(party: Party): Promise<webcrypto.CryptoKey> {
  const jwk = party.key.privateKey.export({ format: 'jwk' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  return webcrypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']);
}
