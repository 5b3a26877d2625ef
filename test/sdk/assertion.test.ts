import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { importJWK, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { generateAgentKey } from '../../src/sdk/generate-key.ts';
import { type PrivateJwk, readPrivateKey } from '../../src/sdk/private-key.ts';
import { signAssertion } from '../../src/sdk/sign-assertion.ts';

const ISSUER = 'https://broker.example.com';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const jwkOf = (key: KeyObject, more: object = {}): PrivateJwk => ({
  ...key.export({ format: 'jwk' }),
  ...more,
});
const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString();

const KEYS: readonly [alg: string, how: string, source: PrivateJwk | string, key: KeyObject][] = [
  ['ES256', 'JWK', jwkOf(p256, { kid: 'k1' }), p256],
  ['ES256', 'PEM', pemOf(p256), p256],
  ['EdDSA', 'JWK text', JSON.stringify(jwkOf(ed25519, { alg: 'EdDSA' })), ed25519],
  ['EdDSA', 'PEM', pemOf(ed25519), ed25519],
  ['PS256', 'PEM', pemOf(rsa), rsa],
  ['RS256', 'JWK with alg', jwkOf(rsa, { alg: 'RS256' }), rsa],
];

test.each(KEYS)(
  '%s from %s verifies elsewhere, for the issuer alone',
  async (alg, _, source, key) => {
    const signing = readPrivateKey(source);
    const jwt = signAssertion(signing, 'agt_1', ISSUER, Date.now());
    const verified = await jwtVerify(jwt, createPublicKey(key), {
      algorithms: [alg],
      typ: 'client-authentication+jwt',
      audience: ISSUER,
      issuer: 'agt_1',
      subject: 'agt_1',
    });
    expect(verified.payload.aud).toBe(ISSUER);
    expect((verified.payload.exp ?? 0) - (verified.payload.iat ?? 0)).toBe(60);
    expect(verified.protectedHeader.kid).toBe(signing.kid);
  },
);

test('no two assertions share a jti', () => {
  const key = readPrivateKey(jwkOf(p256));
  const ids = Array.from({ length: 100 }, () => {
    const [, claims = ''] = signAssertion(key, 'agt_1', ISSUER, 0).split('.');
    return JSON.parse(Buffer.from(claims, 'base64url').toString()).jti as string;
  });
  expect(new Set(ids).size).toBe(100);
});

test.each(['ES256', 'EdDSA'] as const)('a generated %s key pair belongs together', async (alg) => {
  const { privateJwk, publicJwk } = generateAgentKey(alg);
  expect(publicJwk).not.toHaveProperty('d');
  expect(publicJwk.kid).toBe(privateJwk.kid);
  const jwt = signAssertion(readPrivateKey(privateJwk), 'agt_1', ISSUER, Date.now());
  const verified = await jwtVerify(jwt, await importJWK({ ...publicJwk } as never, alg));
  expect(verified.protectedHeader).toMatchObject({ alg, kid: publicJwk.kid });
});

test.each([
  ['a key of another curve', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)],
  ['a public key', { ...jwkOf(p256), d: undefined } as unknown as PrivateJwk],
  ['an alg that does not fit', jwkOf(p256, { alg: 'PS256' })],
  ['an unknown alg', jwkOf(rsa, { alg: 'HS256' })],
  ['broken JSON', '{"kty":"EC","d":"canary'],
  ['broken PEM', '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----'],
])('%s is refused, in words that hold no key', (_, source) => {
  const read = () => readPrivateKey(source);
  expect(read).toThrow(TypeError);
  const canary = typeof source === 'string' ? 'canary' : (source.d ?? 'canary');
  try {
    read();
  } catch (error) {
    expect(inspect(error, { showHidden: true })).not.toContain(canary);
  }
});
