import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openPersonal, sealPersonal } from '../../src/audit/personal.ts';
import type { JsonValue } from '../../src/domain/strict-json.ts';

const key = { kid: 'psk_1', key: randomBytes(32) };

it('opens what it sealed', () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), (subject, value) => {
      const plain = JSON.parse(JSON.stringify(value)) as JsonValue;
      expect(openPersonal(key, subject, sealPersonal(key, subject, plain))).toEqual(plain);
    }),
  );
});

it('shows nothing of the value, and never seals alike twice', () => {
  const first = sealPersonal(key, 'agt_1', { owner: 'dana@example.com' });
  expect(JSON.stringify(first)).not.toContain('dana');
  expect(sealPersonal(key, 'agt_1', { owner: 'dana@example.com' }).ct).not.toBe(first.ct);
});

it('opens for no other subject, key, key id or ciphertext', () => {
  const sealed = sealPersonal(key, 'agt_1', 'x');
  const flipped = Buffer.from(sealed.ct, 'base64url');
  flipped[0] = (flipped[0] as number) ^ 1;
  expect(openPersonal(key, 'agt_2', sealed)).toBeUndefined();
  expect(openPersonal({ ...key, key: randomBytes(32) }, 'agt_1', sealed)).toBeUndefined();
  expect(
    openPersonal({ ...key, kid: 'psk_2' }, 'agt_1', { ...sealed, kid: 'psk_2' }),
  ).toBeUndefined();
  expect(
    openPersonal(key, 'agt_1', { ...sealed, ct: flipped.toString('base64url') }),
  ).toBeUndefined();
  expect(openPersonal(key, 'agt_1', { ...sealed, ct: '' })).toBeUndefined();
});
