import { createHmac, createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { compactVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { SIGNING_ALGORITHMS } from '../../src/keys/algorithms.ts';
import { signJwt } from '../../src/keys/sign.ts';
import { generateSigningKey, openSigningKey } from '../../src/keys/signing-key.ts';
import { verifyJws } from '../../src/keys/verify.ts';
import { forge, newKey, newSealer, type TestKey } from './support.ts';

const key = newKey('ES256', 'k1');
const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };
const claims = { iss: 'https://a', sub: 'agt_1', n: 1 };

function check(jwt: unknown, signer: TestKey = key, typ = ['at+jwt']) {
  return verifyJws(jwt, {
    typ,
    keys: (kid, alg) => (kid === signer.kid && alg === signer.alg ? signer : undefined),
  });
}

describe.each(SIGNING_ALGORITHMS)('%s', (alg) => {
  it('signs what jose verifies, and verifies it', async () => {
    const sealer = newSealer();
    const ours = openSigningKey(await generateSigningKey(alg, sealer), sealer);
    const jwt = signJwt(ours, 'at+jwt', claims);
    expect(check(jwt, ours)?.claims).toEqual(claims);
    const theirs = await compactVerify(
      jwt,
      createPublicKey(ours.key.export({ type: 'spki', format: 'pem' })),
    );
    expect(theirs.protectedHeader).toEqual({ alg, typ: 'at+jwt', kid: ours.kid });
  });

  it('refuses another key of the same kind', () => {
    const other = alg.endsWith('256') && alg !== 'ES256' ? newKey('ES256') : newKey(alg);
    const mine = newKey(alg, 'k1');
    const jwt = forge({ ...other }, { alg, typ: 'at+jwt', kid: 'k1' }, claims);
    expect(check(jwt, mine)).toBeUndefined();
  });
});

describe('B2: one key, one algorithm', () => {
  it('refuses RS256 by a key registered for PS256, and the reverse', () => {
    const ps = newKey('PS256', 'k1');
    const asRs = { ...ps, alg: 'RS256' as const };
    const jwt = forge(asRs, { alg: 'RS256', typ: 'at+jwt', kid: 'k1' }, claims);
    expect(check(jwt, asRs)).toBeDefined();
    expect(verifyJws(jwt, { typ: ['at+jwt'], keys: () => ps })).toBeUndefined();
    const mislabelled = forge(ps, { alg: 'RS256', typ: 'at+jwt', kid: 'k1' }, claims);
    expect(verifyJws(mislabelled, { typ: ['at+jwt'], keys: () => ps })).toBeUndefined();
  });

  it('refuses an HMAC with the public key as the secret', () => {
    const input = forge(key, { ...header, alg: 'HS256' }, claims)
      .split('.')
      .slice(0, 2)
      .join('.');
    for (const secret of [
      key.key.export({ type: 'spki', format: 'pem' }),
      key.key.export({ type: 'spki', format: 'der' }),
      JSON.stringify(key.jwk),
    ]) {
      const mac = createHmac('sha256', secret).update(input).digest('base64url');
      expect(check(`${input}.${mac}`)).toBeUndefined();
    }
  });

  it.each([
    'none',
    'nOnE',
    'None',
    'HS256',
    'ES384',
    'ES256K',
    'es256',
    'RSA-OAEP',
    '',
    null,
    1,
    ['ES256'],
  ])('refuses alg %j', (alg) => {
    expect(check(forge(key, { ...header, alg }, claims))).toBeUndefined();
  });

  it.each([
    { crit: ['exp'] },
    { crit: ['b64'], b64: false },
    { b64: false },
    { zip: 'DEF' },
    { p2c: 2 ** 31 },
    { enc: 'A256GCM' },
    { jwk: key.jwk },
    { jku: 'http://127.0.0.1:1/' },
    { x5u: 'http://127.0.0.1:1/' },
    { x5c: ['MIIB'] },
  ])('refuses the header member %j although the signature is right', (member) => {
    expect(check(forge(key, header, claims))).toBeDefined();
    expect(check(forge(key, { ...header, ...member }, claims))).toBeUndefined();
  });

  it.each(['k2', 'K1', '', '../k1', "k1' or '1'='1", '__proto__', 'k1\0', 7, null, ['k1']])(
    'kid %j is no exact hit',
    (kid) => {
      expect(check(forge(key, { ...header, kid }, claims))).toBeUndefined();
    },
  );

  it('refuses JWE, JSON serialization, nesting and what is no text', () => {
    const jwt = forge(key, header, claims);
    const [protectedHeader, payload, signature] = jwt.split('.');
    for (const other of [
      `${jwt}.e.f`,
      `${jwt}.`,
      `.${jwt}`,
      `${protectedHeader}..${signature}`,
      `${protectedHeader}.${payload}.`,
      JSON.stringify({ protected: protectedHeader, payload, signature }),
      forge(key, { ...header, cty: 'JWT' }, jwt),
      '',
      '..',
      undefined,
      null,
      { toString: () => jwt },
      [jwt],
    ]) {
      expect(check(other)).toBeUndefined();
    }
  });
});

describe('one string per token', () => {
  it('refuses every other spelling that a lenient reader takes', () => {
    const jwt = forge(key, header, claims);
    for (const twin of [
      `${jwt}=`,
      `${jwt}==`,
      ` ${jwt}`,
      `${jwt}\n`,
      jwt.replace('.', ' .'),
      `${jwt.slice(0, -4)}\n${jwt.slice(-4)}`,
      jwt.replaceAll('-', '+').replaceAll('_', '/').concat('+'),
    ]) {
      expect(check(twin)).toBeUndefined();
    }
  });

  it('refuses changed unused trailing bits of any part', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    fc.assert(
      fc.property(fc.nat(5), fc.nat(2), fc.integer({ min: 1, max: 15 }), (pad, which, bits) => {
        const parts = forge(
          key,
          { ...header, x: 'x'.repeat(pad) },
          { ...claims, x: 'y'.repeat(pad) },
        ).split('.');
        const part = parts[which] as string;
        const last = alphabet.indexOf(part.at(-1) as string);
        const spare = { 0: 0, 2: 4, 3: 2 }[part.length % 4] ?? 0;
        const changed = part.slice(0, -1) + alphabet[last ^ (bits % 2 ** spare)];
        fc.pre(changed !== part);
        expect(Buffer.from(changed, 'base64url')).toEqual(Buffer.from(part, 'base64url'));
        expect(check(parts.with(which, changed).join('.'))).toBeUndefined();
      }),
    );
  });

  it('refuses any changed character', () => {
    const jwt = forge(key, header, claims);
    fc.assert(
      fc.property(fc.nat(jwt.length - 1), fc.constantFrom(...'AZaz09-_.=+/ \n'), (at, char) => {
        fc.pre(jwt[at] !== char);
        expect(check(jwt.slice(0, at) + char + jwt.slice(at + 1))).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});

describe('strict JSON inside', () => {
  it.each([
    ['a duplicate claim', '{"sub":"a","sub":"b"}'],
    ['a duplicate by escape', '{"sub":"a","s\\u0075b":"b"}'],
    ['a nested duplicate', '{"a":{"b":1,"b":2}}'],
    ['__proto__', '{"__proto__":{"sub":"x"}}'],
    ['an infinite number', '{"exp":1e400}'],
    ['a number above 2^53', '{"exp":9007199254740993}'],
    ['minus zero', '{"exp":-0}'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['two values', '{}{}'],
    ['a byte order mark', '\ufeff{}'],
    ['a lone surrogate', '{"sub":"\\ud800"}'],
    ['NUL', '{"sub":"a\\u0000"}'],
    ['deep nesting', `{"a":${'['.repeat(17)}${']'.repeat(17)}}`],
    ['very deep nesting', `{"a":${'['.repeat(3000)}`],
    ['more than 8 KiB', JSON.stringify({ a: 'x'.repeat(8192) })],
  ])('refuses %s', (_name, payload) => {
    expect(check(forge(key, header, payload))).toBeUndefined();
  });

  it('refuses a duplicate in the header, and bytes that are not UTF-8', () => {
    const twice = '{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"k1"}';
    expect(check(forge(key, twice, claims))).toBeUndefined();
    const text = Buffer.from('{"sub":"?"}');
    text[8] = 0xff;
    expect(check(forge(key, header, text))).toBeUndefined();
  });
});

describe('C2, J2: one kind of JWT never passes as another', () => {
  const kinds = [
    'at+jwt',
    'client-authentication+jwt',
    'dpop+jwt',
    'secevent+jwt',
    'token-introspection+jwt',
    'statuslist+jwt',
    'oauth-authz-req+jwt',
    'logout+jwt',
    'jwt',
  ];
  it.each(kinds)('%s', (kind) => {
    const jwt = forge(key, { ...header, typ: kind }, claims);
    for (const wanted of kinds) {
      expect(check(jwt, key, [wanted]) !== undefined).toBe(wanted === kind);
    }
  });

  it('reads typ without case and with application/, and refuses an absent or odd one', () => {
    for (const typ of ['AT+JWT', 'application/at+jwt', 'Application/AT+jwt']) {
      expect(check(forge(key, { ...header, typ }, claims))).toBeDefined();
    }
    for (const typ of [
      undefined,
      '',
      'at+jwt ',
      'application/application/at+jwt',
      'x/at+jwt',
      1,
      null,
    ]) {
      expect(check(forge(key, { ...header, typ }, claims))).toBeUndefined();
    }
  });
});

it('agrees with jose on random tokens: what we accept, jose accepts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ typ: fc.constantFrom('at+jwt', 'JWT'), kid: fc.constantFrom('k1', 'k2') }),
      fc.dictionary(fc.string(), fc.jsonValue()),
      async (head, payload) => {
        const jwt = forge(key, { alg: 'ES256', ...head }, payload);
        const theirs = await compactVerify(jwt, key.key).then(
          () => true,
          () => false,
        );
        expect(theirs).toBe(true);
        const expected = head.typ === 'at+jwt' && head.kid === 'k1';
        if (!expected) expect(check(jwt)).toBeUndefined();
        const ours = check(jwt);
        if (ours) expect(ours.claims).toEqual(JSON.parse(JSON.stringify(payload)));
      },
    ),
    { numRuns: 60 },
  );
});
