import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseJwks, publicJwks } from '../../src/keys/jwks.ts';
import { importPublicJwk } from '../../src/keys/public-jwk.ts';
import { generateSigningKey, openSigningKey } from '../../src/keys/signing-key.ts';
import { newSealer } from './support.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ecJwk = ec.publicKey.export({ format: 'jwk' });
const ed = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const rsa = (bits: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength: bits, publicExponent }).publicKey.export({
    format: 'jwk',
  });
const rsa2048 = rsa(2048);

describe('importPublicJwk', () => {
  it.each([
    ['EC P-256', ecJwk, 'ES256'],
    ['Ed25519', ed, 'EdDSA'],
    ['RSA for PS256', { ...rsa2048, alg: 'PS256' }, 'PS256'],
    ['RSA for RS256', { ...rsa2048, alg: 'RS256', use: 'sig', key_ops: ['verify'] }, 'RS256'],
  ])('takes %s and names it by its RFC 7638 thumbprint', async (_name, jwk, alg) => {
    const kid = await calculateJwkThumbprint(jwk);
    expect(importPublicJwk(jwk)).toMatchObject({ alg, kid, jwk: { kid, alg } });
    expect(importPublicJwk({ ...jwk, kid: 'mine' })).toMatchObject({ kid: 'mine' });
  });

  it('gives the thumbprint of the RFC 7638 example', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    expect(importPublicJwk({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256' })).toMatchObject({
      kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    });
  });

  it('keeps public members only', () => {
    const read = importPublicJwk({ ...ecJwk, x5c: ['MII'], note: 'x' });
    expect('jwk' in read && Object.keys(read.jwk).toSorted()).toEqual([
      'alg',
      'crv',
      'kid',
      'kty',
      'x',
      'y',
    ]);
  });

  it.each([
    ['a private EC key', ec.privateKey.export({ format: 'jwk' }), /private/],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }, /private or secret/],
    ['RSA without alg', rsa2048, /must name its alg/],
    ['RSA for encryption', { ...rsa2048, alg: 'RSA-OAEP' }, /alg/],
    ['use enc', { ...ecJwk, use: 'enc' }, /use/],
    ['key_ops sign only', { ...ecJwk, key_ops: ['sign'] }, /key_ops/],
    ['RSA of 1024 bits', { ...rsa(1024), alg: 'PS256' }, /2048/],
    [
      'RSA of 4104 bits',
      { ...rsa2048, n: `-${'A'.repeat(683)}`, alg: 'PS256' },
      /2048|n and e|valid/,
    ],
    ['RSA with exponent 3', { ...rsa(2048, 3), alg: 'PS256' }, /exponent/],
    ['RSA with exponent 1', { ...rsa2048, e: 'AQ', alg: 'PS256' }, /exponent|valid/],
    ['RSA with a huge exponent', { ...rsa2048, e: rsa2048.n, alg: 'PS256' }, /exponent|valid/],
    ['RSA with leading zeros', { ...rsa2048, e: 'AAEAAQ', alg: 'PS256' }, /leading zero/],
    [
      'ES256 on another curve',
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' }),
      /P-256/,
    ],
    ['a point off the curve', { ...ecJwk, y: ecJwk.x }, /curve/],
    ['the point at zero', { ...ecJwk, x: 'A'.repeat(43), y: 'A'.repeat(43) }, /curve/],
    ['a short coordinate', { ...ecJwk, x: 'AAAA' }, /32 bytes/],
    ['another spelling of a coordinate', { ...ecJwk, x: `${ecJwk.x}=` }, /32 bytes/],
    ['X25519', generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }), /must be/],
    ['alg of another kind', { ...ecJwk, alg: 'EdDSA' }, /ES256/],
    ['alg none', { ...ecJwk, alg: 'none' }, /ES256/],
    ['an empty kid', { ...ecJwk, kid: '' }, /kid/],
    ['a kid with a line feed', { ...ecJwk, kid: 'a\nb' }, /kid/],
    ['a list', [ecJwk], /object/],
    ['null', null, /object/],
  ])('refuses %s', (_name, jwk, problem) => {
    expect(importPublicJwk(jwk)).toEqual({ problem: expect.stringMatching(problem) });
  });
});

describe('parseJwks', () => {
  it('names the unusable key of a registered set, and passes over it in a fetched one', () => {
    const set = { keys: [ecJwk, rsa2048] };
    expect(parseJwks(set, 'registered')).toEqual({
      problem: expect.stringContaining('jwks.keys[1]'),
    });
    expect(parseJwks(set, 'fetched')).toMatchObject({ keys: [{ alg: 'ES256' }] });
  });
  it.each([
    ['21 keys', { keys: Array.from({ length: 21 }, () => ecJwk) }],
    [
      'a kid twice',
      {
        keys: [
          { ...ecJwk, kid: 'a' },
          { ...ed, kid: 'a' },
        ],
      },
    ],
    ['no list', { keys: {} }],
    ['nothing', undefined],
  ])('refuses %s', (_name, set) => {
    expect(parseJwks(set, 'fetched')).toHaveProperty('problem');
  });
});

describe('our signing keys', () => {
  it('K1: are published without private members', async () => {
    const sealer = newSealer();
    const key = openSigningKey(await generateSigningKey('PS256', sealer), sealer);
    const [published] = publicJwks([key]).keys;
    expect(Object.keys(published ?? {}).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(parseJwks(publicJwks([key]), 'fetched')).toMatchObject({ keys: [{ kid: key.kid }] });
  });

  it('open only as the key they say they are', async () => {
    const sealer = newSealer();
    const one = await generateSigningKey('ES256', sealer);
    const two = await generateSigningKey('ES256', sealer);
    expect(() => openSigningKey({ ...one, sealed: two.sealed }, sealer)).toThrow(/internal/);
    expect(() => openSigningKey({ ...one, publicJwk: two.publicJwk }, sealer)).toThrow(/internal/);
    expect(() => openSigningKey({ ...one, kid: two.kid }, sealer)).toThrow(/internal/);
    expect(() => openSigningKey(one, newSealer())).toThrow(/internal/);
    const foreign = sealer.open(`signing-key:${two.kid}:ES256`, two.sealed);
    const planted = sealer.seal(`signing-key:${one.kid}:ES256`, foreign);
    expect(() => openSigningKey({ ...one, sealed: planted }, sealer)).toThrow(/internal/);
    const ps = await generateSigningKey('PS256', sealer);
    const swapped = { ...ps, alg: 'RS256', publicJwk: { ...ps.publicJwk, alg: 'RS256' } };
    expect(() => openSigningKey(swapped, sealer)).toThrow(/internal/);
    expect(JSON.stringify(one)).not.toContain('"d"');
  });
});
