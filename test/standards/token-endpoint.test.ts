import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../keys/support.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import {
  PATIENT,
  type Answer,
  ask,
  assertionBy,
  credentials,
  decoded,
  encoded,
  introspect,
  mint,
  mintWith,
  type Params,
  type Party,
  partyOf,
  postForm,
  resourceServer,
} from './wire.ts';

let broker: TestBroker;
let agent: Party;
let server: Party;
let endpoint: string;

beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
  await broker.apply(SHOP_BUNDLE);
  agent = partyOf(await broker.agent());
  server = await resourceServer(broker, 'https://reports.example.com');
  endpoint = `${broker.url}/oauth/token`;
});
afterAll(() => broker.stop());

function refused(answer: Answer, status: number, error: string): void {
  expect({ status: answer.status, error: answer.body['error'] }).toEqual({ status, error });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
}

const request = (party = agent) => ({
  grant_type: 'client_credentials',
  ...credentials(assertionBy(broker, party)),
  scope: 'shop-staging:read',
});

describe('T1: a parameter sent twice', () => {
  it.each(['scope', 'grant_type', 'client_assertion', 'client_assertion_type'] as const)(
    'is refused: %s, with the same value and with another',
    async (name) => {
      const form: Params = request();
      for (const value of [form[name] ?? '', 'other', '']) {
        const pair = `${name}=${encodeURIComponent(value)}`;
        refused(await postForm(endpoint, `${encoded(form)}&${pair}`), 400, 'invalid_request');
        refused(await postForm(endpoint, `${pair}&${encoded(form)}`), 400, 'invalid_request');
      }
    },
  );

  it.each(['client_id', 'resource', 'authorization_details', 'unknown', 'a b'])(
    'is refused: %s, which need not be there at all',
    async (name) => {
      const pair = `${encodeURIComponent(name)}=x`;
      const answer = await postForm(endpoint, `${encoded(request())}&${pair}&${pair}`);
      refused(answer, 400, 'invalid_request');
    },
  );

  it('is refused in any spelling of the name', async () => {
    const answer = await postForm(endpoint, `${encoded(request())}&s%63ope=shop:read`);
    refused(answer, 400, 'invalid_request');
  });
});

describe('T2: empty and unknown parameters', () => {
  it('an empty value counts as absent', async () => {
    const { scope: _scope, ...form } = request();
    const answer = await postForm(endpoint, `${encoded(form)}&scope=&resource=&client_secret=`);
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty('scope');
  });
  it('an empty grant_type is a missing one', async () => {
    const { grant_type: _type, ...form } = request();
    refused(await postForm(endpoint, `${encoded(form)}&grant_type=`), 400, 'invalid_request');
  });
  it('an unknown parameter is ignored', async () => {
    const form = { ...request(), audience: 'https://x.example', state: '1', __proto__x: 'y' };
    const answer = await postForm(endpoint, form);
    expect(answer.status).toBe(200);
    expect(answer.body['scope']).toBe('shop-staging:read');
  });
});

describe('T3: two ways to authenticate at once', () => {
  const basic = `Basic ${Buffer.from('agt_x:secret').toString('base64')}`;
  it.each([
    ['Basic and an assertion', { authorization: basic }, {}, true],
    ['Bearer and an assertion', { authorization: 'Bearer abc' }, {}, true],
    ['an odd header and an assertion', { authorization: 'x' }, {}, true],
    ['a body secret and an assertion', {}, { client_secret: 'secret' }, true],
    ['Basic and a body secret', { authorization: basic }, { client_secret: 'secret' }, false],
  ])('%s is refused', async (_name, headers, extra, withAssertion) => {
    const form = {
      grant_type: 'client_credentials',
      ...(withAssertion ? credentials(assertionBy(broker, agent)) : {}),
      ...extra,
    };
    refused(await postForm(endpoint, form, headers), 400, 'invalid_request');
  });

  it('client_id beside the assertion must name the same client', async () => {
    const own = await postForm(endpoint, { ...request(), client_id: agent.id });
    expect(own.status).toBe(200);
    const other = await postForm(endpoint, { ...request(), client_id: server.id });
    refused(other, 401, 'invalid_client');
  });
});

describe('T4: failed authentication', () => {
  it('by header names the scheme of the challenge', async () => {
    const authorization = `Basic ${Buffer.from(`${agent.id}:secret`).toString('base64')}`;
    const answer = await postForm(
      endpoint,
      { grant_type: 'client_credentials' },
      { authorization },
    );
    refused(answer, 401, 'invalid_client');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });
  it.each([
    ['a body secret', { client_id: 'agt_x', client_secret: 'secret' }],
    ['a client_id alone', { client_id: 'agt_x' }],
    ['nothing', {}],
  ])('by %s has no challenge', async (_name, extra) => {
    const answer = await postForm(endpoint, { grant_type: 'client_credentials', ...extra });
    refused(answer, 401, 'invalid_client');
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });
  it('reads the same for an unknown client, a wrong key, a bad signature and a replay', async () => {
    const unknown = { id: `agt_${'0'.repeat(26)}`, key: agent.key };
    const used = assertionBy(broker, agent);
    expect((await mintWith(broker, used)).status).toBe(200);
    const answers = await Promise.all([
      mint(broker, unknown),
      mint(broker, { id: 'nobody', key: agent.key }),
      mint(broker, { id: `rs_${'0'.repeat(26)}`, key: agent.key }),
      mint(broker, { id: agent.id, key: newKey('ES256', agent.key.kid) }),
      mint(broker, { id: agent.id, key: newKey('EdDSA') }),
      mintWith(broker, used),
      mintWith(broker, 'nonsense'),
    ]);
    const seen = answers.map(({ status, body: { request_id: _id, ...body }, headers }) => ({
      status,
      body,
      headers: [...headers.keys()].sort(),
    }));
    expect(seen[0]?.status).toBe(401);
    for (const one of seen) expect(one).toEqual(seen[0]);
  });
});

describe('T5: how a token is asked for', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is 405', async (method) => {
    const answer = await ask(endpoint, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });
  it('nothing in the query', async () => {
    const { grant_type, ...rest } = request();
    for (const query of [encoded(request()), encoded({ grant_type }), 'x', 'x=1']) {
      const body = query.includes('grant_type') ? rest : request();
      refused(await postForm(`${endpoint}?${query}`, body), 400, 'invalid_request');
    }
  });
  it.each([
    ['JSON', 'application/json'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['text', 'text/plain'],
    ['no content type', undefined],
    ['a look-alike', 'application/x-www-form-urlencodedx'],
    ['two of them', 'application/json, application/x-www-form-urlencoded'],
  ])('%s is refused', async (_name, type) => {
    const form = request();
    const text = type === 'application/json' ? JSON.stringify(form) : encoded(form);
    const headers = type === undefined ? {} : { 'content-type': type };
    const body = Buffer.from(text);
    refused(await ask(endpoint, { method: 'POST', headers, body }), 400, 'invalid_request');
  });
  it.each(['%', '%zz', '%f', '%ff', '%c3%28', '%ed%a0%80'])('%s is no escape', async (odd) => {
    for (const pair of [`scope=${odd}`, `x=${odd}`, `${odd}=x`]) {
      const answer = await postForm(endpoint, `${encoded(request())}&${pair}`);
      refused(answer, 400, 'invalid_request');
    }
  });
  it('a charset beside the type changes nothing', async () => {
    const headers = { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset=UTF-8' };
    expect((await postForm(endpoint, request(), headers)).status).toBe(200);
  });
});

describe('T6: grant types', () => {
  it.each([
    'password',
    'refresh_token',
    'authorization_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'Client_Credentials',
    '__proto__',
    'constructor',
  ])('%s is not supported', async (grant_type) => {
    refused(await postForm(endpoint, { ...request(), grant_type }), 400, 'unsupported_grant_type');
  });
  it('one that this client may not use is unauthorized_client', async () => {
    refused(await postForm(endpoint, request(server)), 400, 'unauthorized_client');
  });
});

describe('T7: scopes are granted all or none', () => {
  it.each([
    ['unknown resource', 'nowhere:read'],
    ['unknown scope', 'shop:drop'],
    ['one known and one unknown', 'shop:read shop:drop'],
    ['malformed', 'shop'],
    ['two spaces', 'shop:read  shop:read'],
    ['a tab', 'shop:read\tshop:correct'],
    ['not ASCII', 'shop:réad'],
    ['a wildcard', 'shop:*'],
    ['a member of every object', 'constructor:__proto__'],
    ['too many', Array.from({ length: 60 }, (_, n) => `shop:s${n}`).join(' ')],
  ])('%s is invalid_scope', async (_name, scope) => {
    refused(await postForm(endpoint, { ...request(), scope }), 400, 'invalid_scope');
  });
  it('one that no rule allows is denied, with what is allowed instead', async () => {
    const outsider = partyOf(await broker.agent(['platform']));
    const answer = await mint(broker, outsider, { scope: 'shop:read' });
    refused(answer, 400, 'access_denied');
    expect(answer.body['hint']).toBeTypeOf('object');
    const mixed = await mint(broker, outsider, { scope: 'shop:correct shop:read' });
    refused(mixed, 400, 'access_denied');
  });
  it('the order and repetition of scopes mean nothing, and the answer names them', async () => {
    for (const scope of [
      'shop:read shop-staging:read',
      'shop-staging:read shop:read',
      'shop:read shop-staging:read shop:read',
    ]) {
      const answer = await mint(broker, agent, { scope });
      expect(String(answer.body['scope']).split(' ').sort()).toEqual([
        'shop-staging:read',
        'shop:read',
      ]);
    }
  });
});

describe('T8: the answer', () => {
  it('says type and lifetime, is not stored, and brings nothing to refresh with', async () => {
    const answer = await postForm(endpoint, request());
    expect(answer.status).toBe(200);
    const { claims } = decoded(String(answer.body['access_token']));
    expect(answer.body['token_type']).toBe('Bearer');
    expect(answer.body['expires_in']).toBe(Number(claims['exp']) - Number(claims['iat']));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(answer.body).sort()).toEqual([
      'access_token',
      'authorization_details',
      'expires_in',
      'scope',
      'token_type',
    ]);
  });
});

describe('T10: error_description', () => {
  const allowed = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;
  const text = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
    fc.constantFrom('a\r\nSet-Cookie: x=1', 'a"b\\c', '\t', '\u202egnp.exe', '<script>', 'é'),
  );
  const place = fc.constantFrom(
    'scope',
    'grant_type',
    'resource',
    'client_assertion_type',
    'authorization_details',
    'member',
    'name',
  );
  it('carries no character outside RFC 6749 §5.2, whatever was sent', async () => {
    await fc.assert(
      fc.asyncProperty(place, text, async (where, value) => {
        const details = JSON.stringify([{ type: 'task', purpose: 'x', [value]: value }]);
        const form =
          where === 'member'
            ? encoded({ ...request(), authorization_details: details })
            : where === 'name'
              ? `${encoded(request())}&${encoded({ [value]: 'x' })}&${encoded({ [value]: 'x' })}`
              : encoded({ ...request(), [where]: value });
        const answer = await postForm(endpoint, form);
        expect(answer.status).toBeGreaterThanOrEqual(200);
        expect(answer.status).toBeLessThan(500);
        expect(answer.headers.get('set-cookie')).toBeNull();
        if (answer.status !== 200) expect(answer.body['error_description']).toMatch(allowed);
      }),
      { numRuns: 80 },
    );
  });
  it('also at introspection', async () => {
    const answer = await introspect(broker, server, '');
    refused(answer, 400, 'invalid_request');
    expect(answer.body['error_description']).toMatch(allowed);
  });
});
