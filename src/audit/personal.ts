import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { JsonValue } from '../domain/strict-json.ts';
import { nextNonce } from './nonce.ts';

/** AES-256 key of one subject. Destroying it erases what it sealed, and no hash breaks. */
export interface PersonalKey {
  readonly kid: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** The value of `detail.sealed`. A type, not an interface, so that it is a JSON value as well. */
export type SealedPersonal = {
  readonly kid: string;
  /** 12 bytes, base64url. */
  readonly nonce: string;
  /** Ciphertext and 16-byte tag, base64url. */
  readonly ct: string;
};

/**
 * Seals personal data for the audit (AES-256-GCM). Bound to the key id and the subject, so that a
 * sealed value cannot be moved to another subject's entry.
 */
export function sealPersonal(key: PersonalKey, subject: string, value: JsonValue): SealedPersonal {
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce);
  cipher.setAAD(boundTo(key.kid, subject));
  const ct = cipher.update(JSON.stringify(value), 'utf8');
  cipher.final(); // GCM holds no bytes back, but makes its tag here.
  return {
    ct: Buffer.concat([ct, cipher.getAuthTag()]).toString('base64url'),
    kid: key.kid,
    nonce: nonce.toString('base64url'),
  };
}

/** The sealed value, or undefined when key, subject or ciphertext do not belong together. */
export function openPersonal(
  key: PersonalKey,
  subject: string,
  sealed: SealedPersonal,
): JsonValue | undefined {
  const nonce = Buffer.from(sealed.nonce, 'base64url');
  const ct = Buffer.from(sealed.ct, 'base64url');
  if (sealed.kid !== key.kid || nonce.length !== 12 || ct.length < 16) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.key, nonce, { authTagLength: 16 });
    decipher.setAAD(boundTo(key.kid, subject));
    decipher.setAuthTag(ct.subarray(-16));
    const text = Buffer.concat([decipher.update(ct.subarray(0, -16)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as JsonValue;
  } catch {
    return undefined;
  }
}

function boundTo(kid: string, subject: string): Buffer {
  return Buffer.from(JSON.stringify(['countersign/personal/v1', kid, subject]));
}
