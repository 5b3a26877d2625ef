import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { internal } from '../domain/errors.ts';
import type { Rewrapper } from '../ports/sealed-rows.ts';
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
 *
 * @param master seals, until `sealUnder` says otherwise
 * @param others open too: during a change of master key both are held
 */
export function createSealer(
  master: MasterKey,
  others: readonly MasterKey[] = [],
): Sealer & Rewrapper {
  const keys = new Map([master, ...others].map((key) => [key.id, key]));
  let sealing = master;
  return {
    get keyId() {
      return sealing.id;
    },
    keyIds: [...keys.keys()],
    sealUnder(keyId) {
      const key = keys.get(keyId);
      if (key !== undefined) sealing = key;
      return key !== undefined;
    },
    seal(context, plain) {
      const boxKey = randomBytes(32);
      const payload = encrypt(boxKey, payloadBinding(context), plain);
      return `${wrap(sealing, context, boxKey)}.${payload}`;
    },
    open(context, box) {
      const { boxKey, plain } = opened(keys, context, box);
      boxKey.fill(0);
      return plain;
    },
    rewrap(context, box) {
      // Opened whole: a damaged box keeps the key that its owner may still mend it with.
      const { boxKey, payload, plain } = opened(keys, context, box);
      plain.fill(0);
      return `${wrap(sealing, context, boxKey)}.${payload}`;
    },
  };
}

/** The first three parts of a box; uses the box key up. */
function wrap(master: MasterKey, context: string, boxKey: Buffer): string {
  const wrapped = encrypt(master.kek, wrapBinding(master, context), boxKey);
  boxKey.fill(0);
  return `${VERSION}.${master.id}.${wrapped}`;
}

function opened(
  keys: ReadonlyMap<string, MasterKey>,
  context: string,
  box: string,
): { boxKey: Buffer; payload: string; plain: Buffer } {
  const [, id, wrapped, payload] = BOX.exec(box) ?? [];
  if (id === undefined || wrapped === undefined || payload === undefined) {
    throw internal('not a sealed box');
  }
  const master = keys.get(id);
  if (master === undefined) {
    const held = [...keys.keys()].join(', ');
    throw internal(`sealed under master key ${id}, and this broker holds ${held}`);
  }
  const boxKey = decrypt(master.kek, wrapBinding(master, context), wrapped);
  const plain = boxKey && decrypt(boxKey, payloadBinding(context), payload);
  if (boxKey !== undefined && plain !== undefined) return { boxKey, payload, plain };
  throw internal(`the box sealed for ${context} is damaged or moved`);
}

function wrapBinding(key: MasterKey, context: string): string {
  return JSON.stringify([VERSION, 'key', key.id, context]);
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
