import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MasterKey, parseMasterKey } from '../../src/keys/master-key.ts';
import { createSealer } from '../../src/keys/seal.ts';

function masterKey(bytes: Buffer = randomBytes(32)): MasterKey {
  const parsed = parseMasterKey(bytes.toString('base64url'));
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.key;
}

describe('a master key', () => {
  it('reads alike from hex, base64 and base64url, with white space around it', () => {
    const bytes = randomBytes(32);
    const id = masterKey(bytes).id;
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      expect(parseMasterKey(` ${bytes.toString(encoding)}\n`)).toMatchObject({ key: { id } });
    }
  });

  it.each([
    ['empty', ''],
    ['too short', randomBytes(31).toString('base64')],
    ['too long', randomBytes(33).toString('base64')],
    ['all zero', Buffer.alloc(32).toString('hex')],
    ['one byte repeated', Buffer.alloc(32, 7).toString('base64')],
    ['a short pattern', Buffer.alloc(32, randomBytes(8)).toString('base64')],
    ['counting', Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString('hex')],
    ['a passphrase', Buffer.from('correct-horse-BATTERY_staple 123').toString('base64')],
    ['not an encoding', '!'.repeat(44)],
  ])('is refused when %s, without repeating it', (_name, text) => {
    const parsed = parseMasterKey(text);
    expect(parsed).toHaveProperty('problem');
    if (text !== '') expect(JSON.stringify(parsed)).not.toContain(text);
  });

  it('is never refused when it is random', () => {
    for (let round = 0; round < 500; round += 1) {
      expect(parseMasterKey(randomBytes(32).toString('hex'))).toHaveProperty('key');
    }
  });
});

describe('a sealer', () => {
  const sealer = createSealer(masterKey());

  it('opens what it sealed, and shows nothing of it', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 300 }), (context, plain) => {
        const box = sealer.seal(context, plain);
        expect(box).toMatch(/^[\x21-\x7e]+$/);
        expect(sealer.open(context, box).equals(plain)).toBe(true);
      }),
    );
    expect(sealer.seal('a', Buffer.from('x'))).not.toBe(sealer.seal('a', Buffer.from('x')));
  });

  it('opens a box for its own place only', () => {
    const box = sealer.seal('secret:orders-db/admin-url:3', Buffer.from('postgres://'));
    expect(() => sealer.open('secret:orders-db/admin-url:4', box)).toThrow(/internal/);
  });

  it('names both master keys when a box is of another one', () => {
    const other = createSealer(masterKey());
    const box = sealer.seal('a', Buffer.from('x'));
    const message = expect.stringContaining(
      `${sealer.keyId}, and this broker holds ${other.keyId}`,
    );
    expect(() => other.open('a', box)).toThrow(expect.objectContaining({ cause: message }));
  });

  it('refuses a box that claims our master key but was sealed by another', () => {
    const other = createSealer(masterKey());
    const box = other.seal('a', Buffer.from('x')).replace(other.keyId, sealer.keyId);
    expect(() => sealer.open('a', box)).toThrow(/internal/);
  });

  it('refuses a box with any byte changed, and parts of two boxes together', () => {
    const box = sealer.seal('a', Buffer.from('some bytes'));
    const parts = box.split('.');
    for (const part of [2, 3]) {
      const bytes = Buffer.from(parts[part] as string, 'base64url');
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ 1;
        const forged = parts.with(part, changed.toString('base64url')).join('.');
        expect(() => sealer.open('a', forged)).toThrow(/internal/);
      }
    }
    const other = sealer.seal('a', Buffer.from('other bytes')).split('.');
    expect(() => sealer.open('a', parts.with(3, other[3] as string).join('.'))).toThrow(/internal/);
    for (const text of ['', 'cs1', `${box} `, box.slice(0, -30), `cs2${box.slice(3)}`]) {
      expect(() => sealer.open('a', text)).toThrow(/internal/);
    }
  });
});
