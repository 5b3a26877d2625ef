import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../domain/secret.ts';

/** 256 random bits that are shown once; only the SHA-256 is kept. */
export interface OneTimeSecret {
  readonly secret: Secret;
  readonly sha256: Buffer;
}

/** @param prefix by which scanners and redaction know it */
export function newSecret(prefix = ''): OneTimeSecret {
  const secret = new Secret(`${prefix}${randomBytes(32).toString('base64url')}`);
  return { secret, sha256: sha256Of(secret) };
}

export function sha256Of(secret: Secret): Buffer {
  return createHash('sha256').update(secret.reveal()).digest();
}
