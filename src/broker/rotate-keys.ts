import {
  PUBLISHED_AFTER_USE_SECONDS,
  PUBLISHED_BEFORE_USE_SECONDS,
} from '../domain/signing-keys.ts';
import type { NewSigningKey, SigningKeyStore } from '../ports/keys.ts';
import { HOST_OPERATOR } from './operator-token.ts';

type Store = { readonly signingKeys: SigningKeyStore };

export interface RotatedKeys {
  readonly kid: string;
  readonly alg: string;
  /** Unix milliseconds of its first use. */
  readonly signsFrom: number;
  /** Kids that stopped verifying. */
  readonly removed: readonly string[];
}

/**
 * A new signing key takes over in five minutes or so, published from now on (row K1); the one before
 * stays until the last token under it has expired.
 * @throws conflict when a successor is waiting already
 */
export async function rotateSigningKey(
  { signingKeys }: Store,
  key: NewSigningKey,
): Promise<RotatedKeys> {
  const seconds = {
    beforeUse: PUBLISHED_BEFORE_USE_SECONDS,
    afterUse: PUBLISHED_AFTER_USE_SECONDS,
  };
  const { kid, alg } = key;
  const signsFrom = await signingKeys.succeed(key, seconds, (from) => ({
    actor: HOST_OPERATOR,
    action: 'signing_key.rotated',
    subject: `signing_key:${kid}`,
    detail: { alg, signs_from: new Date(from).toISOString() },
  }));
  return { kid, alg, signsFrom, removed: [] };
}

/**
 * A new signing key signs at once, every other one is gone: whatever was signed with them is refused as
 * soon as the feed has been read, and a process that cannot read it refuses everything after 2 s.
 */
export async function replaceSigningKeys(
  { signingKeys }: Store,
  key: NewSigningKey,
  now: number,
): Promise<RotatedKeys> {
  const { kid, alg } = key;
  const removed = await signingKeys.replaceAll(key, (gone) => [
    ...gone.map((old) => ({
      actor: HOST_OPERATOR,
      action: 'signing_key.removed' as const,
      subject: `signing_key:${old}`,
      detail: { replaced_by: kid },
    })),
    {
      actor: HOST_OPERATOR,
      action: 'signing_key.rotated' as const,
      subject: `signing_key:${kid}`,
      detail: { alg, emergency: true },
    },
  ]);
  return { kid, alg, signsFrom: now, removed };
}

/** Lets those go whose time has come. @returns their kids */
export function retireSigningKeys({ signingKeys }: Store): Promise<readonly string[]> {
  return signingKeys.retireDue((kid) => ({
    actor: 'broker',
    action: 'signing_key.retired',
    subject: `signing_key:${kid}`,
    detail: {},
  }));
}
