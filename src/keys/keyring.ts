import { storeUnavailable } from '../domain/errors.ts';
import type { VerifyKey } from './public-jwk.ts';
import type { SigningKey } from './signing-key.ts';

/** A key that is published already and signs from `fromMs` on (Unix milliseconds). */
export interface Successor {
  readonly key: SigningKey;
  readonly fromMs: number;
}

/** The signing keys in memory: the one that signs, its successor, and older ones whose tokens live. */
export interface Keyring {
  /** Signs what is minted now. @throws storeUnavailable while it was removed and not replaced yet */
  current(): SigningKey;
  /** All keys to publish: the one that signs, its successor, older ones. */
  published(): readonly SigningKey[];
  /** The key of exactly this kid and algorithm, or undefined. */
  find(kid: string | undefined, alg: string): VerifyKey | undefined;
  /** Replaces the whole set at once; a key left out stops verifying with this call. */
  replace(current: SigningKey, older: readonly SigningKey[], successor?: Successor): void;
  /** Stops a key at once, signing and verifying; one that is not here is no matter. */
  drop(kid: string): void;
}

/** @param nowMs Unix milliseconds by the broker's disciplined clock: it decides when a successor signs */
export function createKeyring(
  current: SigningKey,
  older: readonly SigningKey[] = [],
  nowMs: () => number = Date.now,
): Keyring {
  let signing: SigningKey | undefined = current;
  let next: Successor | undefined;
  let keys: readonly SigningKey[] = [];
  let byKid = new Map<string, SigningKey>();

  const hold = (held: readonly SigningKey[]): void => {
    byKid = new Map(held.map((key) => [key.kid, key]));
    keys = [...byKid.values()];
  };
  const replace: Keyring['replace'] = (first, others, successor) => {
    signing = first;
    next = successor;
    hold([first, ...(successor ? [successor.key] : []), ...others]);
  };
  replace(current, older);
  return {
    current: () => {
      if (next !== undefined && nowMs() >= next.fromMs) {
        signing = next.key;
        next = undefined;
      }
      if (signing === undefined) throw storeUnavailable('the signing keys are being replaced');
      return signing;
    },
    published: () => keys,
    find(kid, alg) {
      const key = kid === undefined ? undefined : byKid.get(kid);
      return key?.alg === alg ? key : undefined;
    },
    replace,
    drop(kid) {
      if (signing?.kid === kid) signing = undefined;
      if (next?.key.kid === kid) next = undefined;
      hold(keys.filter((key) => key.kid !== kid));
    },
  };
}
