import { describe, expect, it } from 'vitest';
import { openClientAssertion, proveClient } from '../../src/keys/client-assertion.ts';
import type { RegisteredKey } from '../../src/keys/public-jwk.ts';
import { forge, newKey, type TestKey } from './support.ts';

const issuer = 'https://broker.example.com';
const now = 1_790_000_000;
const key = newKey('ES256', 'k1');
const client = 'agt_01';
const claims = { iss: client, sub: client, aud: issuer, jti: 'j1', iat: now, exp: now + 60 };

function authenticate(
  change: {
    claims?: object;
    header?: object;
    key?: TestKey;
    keys?: RegisteredKey[] | undefined;
  } = {},
) {
  const signer = change.key ?? key;
  const header = { alg: signer.alg, kid: signer.kid, ...change.header };
  const assertion = forge(signer, header, { ...claims, ...change.claims });
  const claimed = openClientAssertion(assertion, { issuer, nowSeconds: now });
  return claimed && proveClient(claimed, 'keys' in change ? change.keys : [key]);
}

it('proves the client, its jti and its end', () => {
  expect(authenticate()).toEqual({
    clientId: client,
    jti: 'j1',
    exp: now + 60,
    thumbprint: key.thumbprint,
  });
});

describe('C1: aud is the issuer, byte for byte', () => {
  it('alone or as the one element of a list', () => {
    expect(authenticate({ claims: { aud: [issuer] } })).toBeDefined();
  });
  it.each([
    `${issuer}/oauth/token`,
    `${issuer}/oauth/introspect`,
    `${issuer}/`,
    'https://BROKER.example.com',
    'https://other.example.com',
    'http://broker.example.com',
    [issuer, 'https://other.example.com'],
    [issuer, issuer],
    [[issuer]],
    [],
    '',
    null,
    undefined,
    { 0: issuer },
  ])('not %j', (aud) => {
    expect(authenticate({ claims: { aud } })).toBeUndefined();
  });
});

describe('C2: typ', () => {
  it.each([
    undefined,
    'JWT',
    'jwt',
    'client-authentication+jwt',
    'application/client-authentication+jwt',
  ])('accepts %j', (typ) => {
    expect(authenticate({ header: { typ } })).toBeDefined();
  });
  it.each([
    'at+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'token-introspection+jwt',
    'statuslist+jwt',
    'oauth-authz-req+jwt',
    'logout+jwt',
    '',
    'JOSE',
  ])('refuses %j', (typ) => {
    expect(authenticate({ header: { typ } })).toBeUndefined();
  });
});

describe('C3: iss and sub', () => {
  it.each([
    { iss: 'agt_02' },
    { sub: 'agt_02' },
    { sub: undefined },
    { iss: undefined },
    { iss: undefined, sub: undefined },
    { iss: '', sub: '' },
    { iss: 'a b', sub: 'a b' },
    { iss: 'x'.repeat(257), sub: 'x'.repeat(257) },
    { iss: [client], sub: [client] },
  ])('refuses %j', (change) => {
    expect(authenticate({ claims: change })).toBeUndefined();
  });
});

describe('C4: time', () => {
  it.each([
    { iat: now + 8 },
    { nbf: now + 8 },
    { iat: now + 60, nbf: now + 60 },
    { exp: now + 1 },
    { exp: now + 330 },
    { iat: undefined },
  ])('accepts %j', (change) => {
    expect(authenticate({ claims: change })).toBeDefined();
  });
  it.each([
    { exp: undefined },
    { exp: now },
    { exp: now - 300 },
    { exp: now + 331 },
    { exp: now + 86_400 },
    { iat: now + 61 },
    { nbf: now + 61 },
    { exp: String(now + 60) },
    { exp: now + 60.5 },
    { exp: null },
    { iat: 'x' },
    { nbf: -1 },
  ])('refuses %j', (change) => {
    expect(authenticate({ claims: change })).toBeUndefined();
  });
});

describe('C5: jti', () => {
  it.each([undefined, '', 'x'.repeat(257), 7, 'a\nb', null])('refuses %j', (jti) => {
    expect(authenticate({ claims: { jti } })).toBeUndefined();
  });
});

describe('C7: the algorithm of the registered key', () => {
  it('accepts each registered one', () => {
    for (const alg of ['ES256', 'EdDSA', 'PS256', 'RS256'] as const) {
      const signer = newKey(alg);
      expect(authenticate({ key: signer, keys: [signer] })).toBeDefined();
    }
  });
  it('refuses another one by the same key', () => {
    const ps = newKey('PS256', 'k1');
    const rs = { ...ps, alg: 'RS256' as const };
    expect(authenticate({ key: rs, keys: [ps] })).toBeUndefined();
  });
  it('refuses an unknown client, a foreign key and one under a known kid', () => {
    expect(authenticate({ keys: undefined })).toBeUndefined();
    expect(authenticate({ keys: [] })).toBeUndefined();
    expect(authenticate({ key: newKey('ES256', 'k2') })).toBeUndefined();
    expect(authenticate({ key: newKey('ES256', 'k1') })).toBeUndefined();
  });
});

describe('C8: kid', () => {
  it('missing: the keys of that algorithm are tried, three at most', () => {
    const others = [newKey('ES256'), newKey('ES256'), newKey('ES256'), newKey('EdDSA')];
    const header = { kid: undefined };
    expect(authenticate({ header, keys: [...others.slice(2), key] })).toBeDefined();
    expect(authenticate({ header, keys: [...others, key] })).toBeUndefined();
  });
  it('tells the kid, so that the caller can look for new keys once', () => {
    const jwt = forge(newKey('ES256', 'new'), { alg: 'ES256', kid: 'new' }, claims);
    expect(openClientAssertion(jwt, { issuer, nowSeconds: now })?.kid).toBe('new');
  });
});
