import type { SigningAlgorithm } from '../keys/algorithms.ts';
import type { Keyring } from '../keys/keyring.ts';
import { loadSigningKeys, type SigningKeys } from '../keys/load-signing-keys.ts';
import type { FeedEvent } from '../ports/feed.ts';
import type { SigningKeyStore } from '../ports/keys.ts';
import type { SealedRows } from '../ports/sealed-rows.ts';
import type { LocalSealer } from './sealer.ts';

/** The keys of this process, as the store says they are. */
export interface SealedKeys {
  readonly keyring: Keyring;
  /** Follows a change at once: a key that it is about stops. @returns whether `reload` is due */
  changed(event: FeedEvent): boolean;
  reload(): Promise<void>;
  /** Why this process is not fit to serve; undefined when it is. */
  problem(): string | undefined;
}

/** Opens the signing keys of the store, made where there are none, and follows what becomes of them. */
export async function openSealedKeys(parts: {
  readonly ports: { readonly signingKeys: SigningKeyStore; readonly sealedRows: SealedRows };
  readonly sealer: LocalSealer;
  readonly alg: SigningAlgorithm;
  readonly nowMs: () => number;
}): Promise<SealedKeys> {
  const { ports, sealer, alg, nowMs } = parts;
  const { signingKeys: store, sealedRows } = ports;
  const onOpened = () => adoptMasterKey(sealedRows, sealer);
  const signing = await loadSigningKeys({ store, sealer, alg, nowMs, onOpened });
  return followSealedKeys({ signing, sealer, sealedRows });
}

/**
 * The store says which master key it is sealed under; the first broker on it does. A process that holds
 * both keys of a change seals under that one, whichever is its first.
 * @throws Error with one line when this process does not hold it
 */
async function adoptMasterKey(sealedRows: SealedRows, sealer: LocalSealer): Promise<void> {
  let { keyId } = await sealedRows.masterKey();
  if (keyId === undefined) {
    await sealedRows.adopt(sealer.keyId);
    keyId = (await sealedRows.masterKey()).keyId ?? sealer.keyId;
  }
  if (!sealer.sealUnder(keyId)) throw new Error(notHeld(keyId));
}

export const NO_BROKER_YET = 'No broker has run on this store yet. Start one first.';

/**
 * For commands beside the store: like a broker's start, but they never are the first.
 * @throws Error with one line when the store's master key is not held here
 */
export async function requireMasterKey(
  sealedRows: Pick<SealedRows, 'masterKey'>,
  sealer: LocalSealer,
): Promise<void> {
  const { keyId } = await sealedRows.masterKey();
  if (keyId === undefined) throw new Error(NO_BROKER_YET);
  if (!sealer.sealUnder(keyId)) throw new Error(`This cannot be done here: ${notHeld(keyId)}.`);
}

function followSealedKeys(parts: {
  readonly signing: SigningKeys;
  readonly sealer: LocalSealer;
  readonly sealedRows: SealedRows;
}): SealedKeys {
  const { signing, sealer, sealedRows } = parts;
  let problem: string | undefined;
  let heard = 0;
  const sealUnder = (keyId: string) => {
    problem = sealer.sealUnder(keyId) ? undefined : notHeld(keyId);
  };
  return {
    keyring: signing.keyring,
    problem: () => problem,
    changed: ({ kind, target }) => {
      if (kind === 'master_key') {
        heard += 1;
        sealUnder(target);
      }
      if (kind === 'signing_key') signing.changed(target);
      return kind === 'signing_key';
    },
    reload: async () => {
      const before = heard;
      const { keyId } = await sealedRows.masterKey();
      // What was read may be older than what was heard meanwhile.
      if (keyId !== undefined && heard === before) sealUnder(keyId);
      await signing.reload();
    },
  };
}

function notHeld(keyId: string): string {
  return `the store is sealed under master key ${keyId}, which this process does not hold`;
}
