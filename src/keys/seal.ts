import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { internal } from '../domain/errors.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { MasterKey } from './master-key.ts';

const VERSION = 'cs1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BOX = /^cs1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{80})\.([A-Za-z0-9_-]{38,})$/;

/**
 * AES-256-GCM envelopes: every box has a random key of its own, wrapped under the master key. So no
 * key ever seals two payloads, and a change of master key re-wraps 60 bytes a box.
 *
 * A box is `cs1.<master key id>.<wrapped key>.<payload>`, both parts nonce ‖ ciphertext ‖ tag in
 * base64url. Both are bound to the context, the wrapped key to the master key's id as well.
 */
export function createSealer(master: MasterKey): Sealer {
  const wrapBinding = (context: string) => JSON.stringify([VERSION, 'key', master.id, context]);
  return {
    keyId: master.id,
    seal(context, plain) {
      const boxKey = randomBytes(32);
      const wrapped = encrypt(master.kek, wrapBinding(context), boxKey);
      const payload = encrypt(boxKey, payloadBinding(context), plain);
      boxKey.fill(0);
      return `${VERSION}.${master.id}.${wrapped}.${payload}`;
    },
    open(context, box) {
      const [, id, wrapped, payload] = BOX.exec(box) ?? [];
      if (wrapped === undefined || payload === undefined) throw internal('not a sealed box');
      if (id !== master.id) {
        throw internal(`sealed under master key ${id}, and this broker holds ${master.id}`);
      }
      const boxKey = decrypt(master.kek, wrapBinding(context), wrapped);
      const plain = boxKey && decrypt(boxKey, payloadBinding(context), payload);
      if (plain === undefined) throw internal(`the box sealed for ${context} is damaged or moved`);
      return plain;
    },
  };
}

function payloadBinding(context: string): string {
  return JSON.stringify([VERSION, 'payload', context]);
}

function encrypt(key: Buffer, binding: string, plain: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(binding));
  const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return sealed.toString('base64url');
}

function decrypt(key: Buffer, binding: string, text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(binding));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
      decipher.final(),
    ]);
  } catch {
    return undefined;
  }
}
