import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import { forge, type TestKey } from '../keys/support.ts';
import { signingKeyOf } from '../standards/broker-key.ts';
import { flippedSignature } from '../standards/second-signature.ts';
import { type JwksServer, sendingKeys, startJwksServer } from '../standards/jwks-server.ts';
import {
  assertionBy,
  call,
  credentials,
  decoded,
  introspect,
  mintWith,
  PATIENT,
  SOON,
  type Party,
  partyOf,
  postForm,
  resourceServer,
  revoke,
  tokenFor,
} from '../standards/wire.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

const AUDIENCE = 'https://reports.example.com';
let broker: TestBroker;
let agent: Party;
let server: Party;
let key: TestKey;
let trap: JwksServer;

beforeAll(async () => {
  trap = await startJwksServer(sendingKeys());
  broker = await startBroker({ overrides: PATIENT, config: { networkAllow: [trap.place] } });
  await broker.apply(SHOP_BUNDLE);
  agent = partyOf(await broker.agent());
  server = await resourceServer(broker, AUDIENCE);
  key = await signingKeyOf(broker);
});
afterAll(async () => {
  await broker.stop();
  await trap.stop();
});

const audienceOf = (token: string) => decoded(token).claims['aud'];

/** What there is that somebody could present. */
const KINDS: Record<string, () => Promise<string> | string> = {
  'access token without scopes': () => tokenFor(broker, agent),
  'access token of a task': () => tokenFor(broker, agent, 'shop-staging:read'),
  'access token of another audience': () => tokenFor(broker, agent, 'reports:read'),
  'assertion of an agent': () => assertionBy(broker, agent),
  'assertion of a resource server': () => assertionBy(broker, server),
  'operator token': async () => {
    const request = { role: 'admin', ttlSeconds: 300 } as const;
    return (await issueOperatorToken(broker.composed.broker, request)).token.reveal();
  },
};

type Verdict = 'taken' | 'refused' | 'forbidden';

/** Where it could be presented. */
const DOORS: Record<string, (text: string) => Promise<Verdict>> = {
  'bearer of an agent': async (text) => {
    const { status } = await call(broker, '/v1/leases/none/renew', text, { method: 'POST' });
    return status === 401 ? 'refused' : status === 403 ? 'forbidden' : 'taken';
  },
  'bearer of either': async (text) => {
    const { status } = await call(broker, '/v1/tasks', text);
    return status === 401 ? 'refused' : status === 403 ? 'forbidden' : 'taken';
  },
  'bearer of an operator': async (text) => {
    const { status } = await call(broker, '/v1/agents', text);
    return status === 401 ? 'refused' : status === 403 ? 'forbidden' : 'taken';
  },
  'client assertion at the token endpoint': async (text) => {
    const { status, body } = await mintWith(broker, text);
    if (status === 200) return 'taken';
    return body['error'] === 'unauthorized_client' ? 'forbidden' : 'refused';
  },
  'client assertion at introspection': async (text) => {
    const form = { ...credentials(text), token: 'x' };
    const { status } = await postForm(`${broker.url}/oauth/introspect`, form);
    return status === 200 ? 'taken' : 'refused';
  },
  'client assertion at revocation': async (text) => {
    const form = { ...credentials(text), token: 'x' };
    const { status } = await postForm(`${broker.url}/oauth/revoke`, form);
    return status === 200 ? 'taken' : 'refused';
  },
  'token to introspect': async (text) => {
    const { body } = await introspect(broker, server, text);
    return body['active'] === true ? 'taken' : 'refused';
  },
};

/** Everything else in the matrix is refused. */
const TAKEN: Record<string, Record<string, Verdict>> = {
  'access token without scopes': {
    'bearer of an agent': 'forbidden',
    'bearer of either': 'taken',
    'bearer of an operator': 'forbidden',
  },
  'access token of a task': {
    'bearer of an agent': 'taken',
    'bearer of either': 'taken',
    'bearer of an operator': 'forbidden',
  },
  'access token of another audience': { 'token to introspect': 'taken' },
  'assertion of an agent': {
    'client assertion at the token endpoint': 'taken',
    'client assertion at revocation': 'taken',
  },
  'assertion of a resource server': {
    'client assertion at the token endpoint': 'forbidden',
    'client assertion at introspection': 'taken',
    'client assertion at revocation': 'taken',
  },
  'operator token': {
    'bearer of an agent': 'forbidden',
    'bearer of either': 'taken',
    'bearer of an operator': 'taken',
  },
};

describe('one kind never passes as another', () => {
  const matrix = Object.keys(KINDS).flatMap((kind) =>
    Object.keys(DOORS).map((door) => [kind, door] as const),
  );
  it.each(matrix)('%s as %s', async (kind, door) => {
    const text = await KINDS[kind]?.();
    const verdict = await DOORS[door]?.(text ?? '');
    expect(verdict).toBe(TAKEN[kind]?.[door] ?? 'refused');
  });

  const typs = [undefined, 'JWT', 'at+jwt', 'client-authentication+jwt', 'dpop+jwt'];
  const more = ['secevent+jwt', 'token-introspection+jwt', 'statuslist+jwt', 'logout+jwt', 'JOSE'];
  it.each([...typs, ...more])('the typ alone decides, not the claims: %j', async (typ) => {
    const own = decoded(await tokenFor(broker, agent));
    const asAccess = forge(key, { ...own.header, typ }, own.claims);
    const { status } = await call(broker, '/v1/scopes', asAccess);
    expect(status).toBe(typ === 'at+jwt' ? 200 : 401);
    const asAssertion = assertionBy(broker, agent, { header: { typ } });
    const allowed = [undefined, 'JWT', 'client-authentication+jwt'].includes(typ);
    expect((await mintWith(broker, asAssertion)).status).toBe(allowed ? 200 : 401);
  });

  it('claims of both kinds in one, signed by either key, pass only as what their typ says', async () => {
    const { header, claims } = decoded(await tokenFor(broker, agent));
    const assertion = decoded(assertionBy(broker, agent)).claims;
    const both = { ...assertion, ...claims, iss: agent.id };
    for (const signer of [key, agent.key]) {
      const at = forge(signer, { ...header, kid: signer.kid, alg: signer.alg }, both);
      expect((await call(broker, '/v1/scopes', at)).status).toBe(401);
      expect((await mintWith(broker, at)).status).toBe(401);
    }
  });
});

describe('nothing inside a token is fetched or executed', () => {
  const places = () => ({
    jku: trap.url,
    x5u: trap.url,
    jwk: { kty: 'EC', use: 'sig', jku: trap.url },
    'x5t#S256': trap.url,
    url: trap.url,
  });
  it.each(['jku', 'x5u', 'jwk', 'x5t#S256', 'url'] as const)('%s', async (member) => {
    const change = { [member]: places()[member] };
    const { header, claims } = decoded(await tokenFor(broker, agent));
    const foreign = forge(agent.key, { ...header, ...change }, claims);
    expect((await call(broker, '/v1/scopes', foreign)).status).toBe(401);
    await mintWith(broker, assertionBy(broker, agent, { header: change }));
    await mintWith(
      broker,
      assertionBy(broker, agent, { header: change, claims: { iss: trap.url } }),
    );
    const iss = forge(agent.key, header, { ...claims, iss: trap.url.replace('/jwks.json', '') });
    expect((await call(broker, '/v1/scopes', iss)).status).toBe(401);
    expect(trap.hits).toEqual([]);
  });
  it.each([
    '../../../../etc/passwd',
    '/dev/null',
    "' or '1'='1",
    '"; drop table agents; --',
    'file:///etc/passwd',
    '__proto__',
    'constructor',
    'toString',
    '%00',
    'a\u0000b',
    '*',
    '',
  ])('kid is a name and nothing else: %j', async (kid) => {
    const { header, claims } = decoded(await tokenFor(broker, agent));
    const token = forge(key, { ...header, kid }, claims);
    expect((await call(broker, '/v1/scopes', token)).status).toBe(401);
    const assertion = assertionBy(broker, agent, { header: { kid } });
    expect((await mintWith(broker, assertion)).status).toBe(401);
  });
});

describe('strict inside', () => {
  /** The claims of a live token as text, to be spoilt and signed with the right key. */
  const spoilt: [string, (json: string) => string | Buffer][] = [
    ['a duplicate member', (json) => json.replace('{', '{"sub":"agt_x",')],
    ['a duplicate by escape', (json) => json.replace('{', '{"s\\u0075b":"agt_x",')],
    ['a nested duplicate', (json) => json.replace('{', '{"a":{"b":1,"b":2},')],
    ['__proto__', (json) => json.replace('{', '{"__proto__":{"scope":"shop:read"},')],
    ['exp as text', (json) => json.replace(/"exp":(\d+)/, '"exp":"$1"')],
    ['exp with a fraction', (json) => json.replace(/"exp":(\d+)/, '"exp":$1.5')],
    ['exp in another notation', (json) => json.replace(/"exp":(\d+)/, '"exp":$1.0')],
    ['exp infinite', (json) => json.replace(/"exp":\d+/, '"exp":1e400')],
    ['exp beyond 2^53', (json) => json.replace(/"exp":\d+/, '"exp":9007199254740993')],
    ['exp negative', (json) => json.replace(/"exp":\d+/, '"exp":-1')],
    ['exp as list', (json) => json.replace(/"exp":(\d+)/, '"exp":[$1]')],
    ['a byte order mark', (json) => `\ufeff${json}`],
    [
      'bytes that are no UTF-8',
      (json) =>
        Buffer.concat([
          Buffer.from(json.slice(0, -1)),
          Buffer.from([0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
        ]),
    ],
    ['a lone surrogate', (json) => json.replace('{', '{"x":"\\udc00",')],
    ['NUL', (json) => json.replace('{', '{"x":"\\u0000",')],
    ['two values', (json) => `${json}{}`],
    ['compressed', (json) => deflateSync(json)],
    ['over-nested', (json) => json.replace('{', `{"x":${'['.repeat(40)}${']'.repeat(40)},`)],
    ['very over-nested', (json) => json.replace('{', `{"x":${'['.repeat(2900)},`)],
    ['oversized', (json) => json.replace('{', `{"x":"${'y'.repeat(7000)}",`)],
  ];
  it.each(spoilt)('%s: refused as access token and as assertion', async (_name, spoil) => {
    const token = await tokenFor(broker, agent);
    const own = decoded(token);
    const json = JSON.stringify(own.claims);
    expect((await call(broker, '/v1/scopes', forge(key, own.header, json))).status).toBe(200);
    const bad = forge(key, own.header, spoil(json));
    expect((await call(broker, '/v1/scopes', bad)).status).toBe(401);
    const proof = decoded(assertionBy(broker, agent));
    const text = JSON.stringify(proof.claims);
    expect((await mintWith(broker, forge(agent.key, proof.header, spoil(text)))).status).toBe(401);
    expect((await mintWith(broker, forge(agent.key, proof.header, text))).status).toBe(200);
  });

  it('an oversized token is refused wherever it comes', async () => {
    const big = `${'A'.repeat(4000)}.${'A'.repeat(4000)}.${'A'.repeat(4000)}`;
    expect((await call(broker, '/v1/scopes', big)).status).toBe(401);
    expect((await introspect(broker, server, big)).text).toBe('{"active":false}');
    expect((await mintWith(broker, big)).status).toBe(401);
  });

  it('no other spelling of a good token is good, and its two signatures are one token', async () => {
    const token = await tokenFor(broker, agent, 'reports:read');
    expect(audienceOf(token)).toBe(AUDIENCE);
    const active = async (text: string) => (await introspect(broker, server, text)).body['active'];
    expect(await active(token)).toBe(true);
    const inserts = fc.constantFrom('=', ' ', '\n', '.', '+', '/', '%20', 'A', '\u00a0');
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length), inserts, async (at, extra) => {
        const text = token.slice(0, at) + extra + token.slice(at);
        expect(await active(text)).toBe(false);
      }),
      { numRuns: 40 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom('A', '_', 'z', '.'),
        async (at, to) => {
          fc.pre(token[at] !== to);
          expect(await active(token.slice(0, at) + to + token.slice(at + 1))).toBe(false);
        },
      ),
      { numRuns: 40 },
    );
    const second = flippedSignature(token);
    expect(await active(second)).toBe(true);
    expect((await revoke(broker, agent, second)).status).toBe(200);
    expect(await active(token)).toBe(false);
  });
});

describe('a key stops with its registration', () => {
  it('a replaced key signs nothing more, on any broker', async () => {
    const twin = await broker.twin(PATIENT);
    const party = partyOf(await broker.agent());
    for (const by of [broker, twin]) await tokenFor(by, party);
    const next = partyOf(await broker.agent());
    const admin = await broker.operator();
    const body = { jwks: { keys: [{ ...next.key.jwk }] } };
    await admin.call('setAgentKeys', { params: { id: party.id }, body });
    expect((await mintWith(broker, assertionBy(broker, party))).status).toBe(401);
    await expect
      .poll(async () => (await mintWith(twin, assertionBy(broker, party))).status, SOON)
      .toBe(401);
    await tokenFor(twin, { id: party.id, key: next.key });
    await twin.stop();
  });
  it('one that is replaced while its request is being decided mints nothing', async () => {
    const party = partyOf(await broker.agent());
    const next = partyOf(await broker.agent());
    const admin = await broker.operator();
    let replace: (() => Promise<unknown>) | undefined;
    const twin = await broker.twin({
      ...PATIENT,
      ports: (ports) => ({
        ...ports,
        ledger: {
          ...ports.ledger,
          mint: async (item) => {
            await replace?.();
            replace = undefined;
            return ports.ledger.mint(item);
          },
        },
      }),
    });
    await tokenFor(twin, party);
    const body = { jwks: { keys: [{ ...next.key.jwk }] } };
    replace = () => admin.call('setAgentKeys', { params: { id: party.id }, body });
    const answer = await mintWith(twin, assertionBy(broker, party));
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
    await twin.stop();
  });
});
