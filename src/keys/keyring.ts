import type { VerifyKey } from './public-jwk.ts';
import type { SigningKey } from './signing-key.ts';

/** The signing keys in memory: the one that signs, and older ones whose tokens still live. */
export interface Keyring {
  /** Signs what is minted now. */
  current(): SigningKey;
  /** All keys to publish, the current one first. */
  published(): readonly SigningKey[];
  /** The key of exactly this kid and algorithm, or undefined. */
  find(kid: string | undefined, alg: string): VerifyKey | undefined;
  /** Replaces the whole set at once; a key left out stops verifying with this call. */
  replace(current: SigningKey, older: readonly SigningKey[]): void;
}

export function createKeyring(current: SigningKey, older: readonly SigningKey[] = []): Keyring {
  let keys: readonly SigningKey[] = [];
  let byKid = new Map<string, SigningKey>();
  let signing = current;
  const replace = (next: SigningKey, others: readonly SigningKey[]): void => {
    signing = next;
    keys = [next, ...others.filter((key) => key.kid !== next.kid)];
    byKid = new Map(keys.map((key) => [key.kid, key]));
  };
  replace(current, older);
  return {
    current: () => signing,
    published: () => keys,
    find(kid, alg) {
      const key = kid === undefined ? undefined : byKid.get(kid);
      return key?.alg === alg ? key : undefined;
    },
    replace,
  };
}
