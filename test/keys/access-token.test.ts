import { describe, expect, it } from 'vitest';
import { createAccessTokens } from '../../src/keys/access-token.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { signJwt } from '../../src/keys/sign.ts';
import { newKey } from './support.ts';

const issuer = 'https://broker.example.com';
const start = 1_790_000_000;
const minted = {
  sub: 'agt_1',
  aud: issuer,
  client_id: 'agt_1',
  iat: start,
  exp: start + 300,
  jti: 'tok_1',
  scope: 'orders-db:read',
  task_id: 'tsk_1',
  grant_id: 'grt_1',
  authorization_details: [{ type: 'task', task_id: 'tsk_1' }] as const,
};

function setUp(cacheSize = 2) {
  const clock = { ms: start * 1000 };
  const key = newKey('ES256');
  const keyring = createKeyring(key);
  const tokens = createAccessTokens({ issuer, keyring, nowMs: () => clock.ms, cacheSize });
  return { clock, key, keyring, tokens };
}

describe('access tokens', () => {
  it('J1: verify with all their claims, from the cache too', () => {
    const { tokens } = setUp();
    const jwt = tokens.mint(minted);
    expect(
      JSON.parse(Buffer.from(jwt.split('.')[0] as string, 'base64url').toString()),
    ).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    const first = tokens.verify(jwt);
    expect(first).toEqual({ iss: issuer, ...minted });
    expect(tokens.verify(jwt)).toBe(first);
  });

  it('J2: expire on the second, from the cache too', () => {
    const { tokens, clock } = setUp();
    const jwt = tokens.mint(minted);
    clock.ms = minted.exp * 1000 - 1;
    expect(tokens.verify(jwt)).toBeDefined();
    clock.ms += 1;
    expect(tokens.verify(jwt)).toBeUndefined();
    expect(setUp().tokens.verify(jwt)).toBeUndefined();
  });

  it('live on under an older key, and die with it at once', () => {
    const { tokens, keyring, key } = setUp();
    const jwt = tokens.mint(minted);
    const next = newKey('ES256');
    keyring.replace(next, [key]);
    expect(tokens.verify(jwt)).toBeDefined();
    expect(tokens.verify(tokens.mint({ ...minted, jti: 'tok_2' }))).toBeDefined();
    keyring.replace(next, []);
    expect(tokens.verify(jwt)).toBeUndefined();
  });

  it('are remembered up to a bound, the least recently used leaving first', () => {
    const { tokens } = setUp(2);
    const [a, b, c] = ['a', 'b', 'c'].map((jti) => tokens.mint({ ...minted, jti })) as [
      string,
      string,
      string,
    ];
    const first = tokens.verify(a);
    const second = tokens.verify(b);
    expect(tokens.verify(a)).toBe(first);
    tokens.verify(c);
    expect(tokens.verify(a)).toBe(first);
    expect(tokens.verify(b)).not.toBe(second);
  });

  it.each([
    ['iss', `${issuer}/`],
    ['iss', undefined],
    ['sub', undefined],
    ['sub', 7],
    ['aud', undefined],
    ['aud', [issuer]],
    ['client_id', undefined],
    ['jti', undefined],
    ['exp', undefined],
    ['exp', String(minted.exp)],
    ['iat', undefined],
    ['scope', 7],
    ['task_id', null],
    ['authorization_details', {}],
    ['authorization_details', ['x']],
  ])('J2: need a proper %s, not %j', (name, value) => {
    const { tokens, key } = setUp();
    expect(tokens.verify(signJwt(key, 'at+jwt', { iss: issuer, ...minted }))).toBeDefined();
    const jwt = signJwt(key, 'at+jwt', { iss: issuer, ...minted, [name]: value });
    expect(tokens.verify(jwt)).toBeUndefined();
  });

  it.each(['JWT', 'client-authentication+jwt', 'dpop+jwt'])('J2: are not of typ %s', (typ) => {
    const { tokens, key } = setUp();
    expect(tokens.verify(signJwt(key, typ, { iss: issuer, ...minted }))).toBeUndefined();
  });

  it('B3: need a key of this issuer, also when a foreign key has the same kid', () => {
    const { tokens, key } = setUp();
    const foreign = newKey('ES256', key.kid);
    expect(tokens.verify(signJwt(foreign, 'at+jwt', { iss: issuer, ...minted }))).toBeUndefined();
  });
});
