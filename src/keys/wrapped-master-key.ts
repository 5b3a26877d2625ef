import { randomBytes } from 'node:crypto';
import type { KeyWrapper, WrappedMasterKey, WrappedMasterKeyStore } from '../ports/keys.ts';
import { type MasterKey, masterKeyFrom } from './master-key.ts';

/**
 * The master key of an installation that keeps it wrapped: opened once at the start, made when there is
 * none. A key given besides is taken in when nothing is stored yet (moving over), and must be the same
 * one afterwards.
 *
 * @param given text of a local master key, where one is configured too
 * @throws Error with one line for an operator; provider… where the wrapper does not open it
 */
export async function loadWrappedMasterKey(parts: {
  readonly store: WrappedMasterKeyStore;
  readonly wrapper: KeyWrapper;
  readonly installation: string;
  readonly given?: string;
}): Promise<MasterKey> {
  const { store, wrapper } = parts;
  const given = parts.given === undefined ? undefined : masterKeyFrom(parts.given);
  let row = await store.current();
  if (!row) {
    const text = parts.given?.trim() ?? randomBytes(32).toString('base64url');
    const { id } = masterKeyFrom(text);
    // Intent first is not needed: a wrap that is not stored is text that nobody uses.
    const wrapped = await wrapper.wrap(contextOf(parts.installation, id), Buffer.from(text));
    await store.insertFirst({ id, wrappedBy: wrapper.name, wrapped });
    // Another process may have been faster; the stored key is the one that counts.
    row = await store.current();
  }
  if (!row) throw new Error('The wrapped master key could not be stored.');
  if (given && given.id !== row.id) {
    throw new Error(
      `COUNTERSIGN_MASTER_KEY is not the master key that ${row.wrappedBy} holds for this store. Take it out of the settings.`,
    );
  }
  return open(row, wrapper, parts.installation);
}

async function open(
  row: WrappedMasterKey,
  wrapper: KeyWrapper,
  installation: string,
): Promise<MasterKey> {
  if (row.wrappedBy !== wrapper.name) {
    throw new Error(
      `The master key of this store is wrapped by ${row.wrappedBy}, and the settings name ${wrapper.name}.`,
    );
  }
  const plain = await wrapper.unwrap(contextOf(installation, row.id), row.wrapped);
  const key = masterKeyFrom(plain.toString('utf8'));
  plain.fill(0);
  if (key.id !== row.id) throw new Error('The wrapped master key is not the one it says it is.');
  return key;
}

function contextOf(installation: string, id: string): string {
  return `countersign/v1/master-key/${installation}/${id}`;
}
