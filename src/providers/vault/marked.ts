import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, textMember } from '../../domain/strict-json.ts';
import type { VaultAnswer, VaultSession } from '../../ports/vault.ts';
import type { Handle } from './handle.ts';

/** Half of the connections to one Vault: leases are made and ended meanwhile. */
const AT_ONCE = 4;
/** A token that is just being ended is past that by then. */
const LOOK_AGAIN_MS = 50;

export interface Owned {
  readonly name: string;
  readonly handle: Handle;
}

/** Tokens whose metadata names a lease that is wanted. Vault has no search: each accessor is looked at. */
export async function findOwned(
  session: VaultSession,
  wanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<Owned[]> {
  return lookAt(session, await listAccessors(session, signal), wanted, signal);
}

/** Accessors of all tokens, in no order. */
export async function listAccessors(session: VaultSession, signal: AbortSignal): Promise<string[]> {
  const path = 'auth/token/accessors';
  const { data } = await session.call({ method: 'LIST', path, signal, expect: [404] });
  const keys: unknown[] = Array.isArray(data['keys']) ? data['keys'] : [];
  return keys.filter((key) => typeof key === 'string');
}

/** Those of the given tokens whose metadata names a lease that is wanted. */
export async function lookAt(
  session: VaultSession,
  accessors: readonly string[],
  wanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<Owned[]> {
  const waiting = [...accessors];
  const found: Owned[] = [];
  const work = async () => {
    for (let accessor = waiting.pop(); accessor !== undefined; accessor = waiting.pop()) {
      const { name, path } = await markOf(session, accessor, signal);
      if (name !== '' && wanted(name)) found.push({ name, handle: { accessor, path } });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

/** Empty where the token is not ours, or ended meanwhile. */
async function markOf(
  session: VaultSession,
  accessor: string,
  signal: AbortSignal,
): Promise<{ name: string; path: string }> {
  const { data } = await lookUp(session, accessor, signal);
  const meta = isJsonObject(data['meta']) ? data['meta'] : {};
  return { name: textMember(meta, 'countersign'), path: textMember(meta, 'path') };
}

/** For a moment Vault answers 403 about a token that is being ended; a right that is missing stays missing. */
async function lookUp(
  session: VaultSession,
  accessor: string,
  signal: AbortSignal,
): Promise<VaultAnswer> {
  const look = (expect: readonly number[]) =>
    session.call({
      method: 'POST',
      path: 'auth/token/lookup-accessor',
      body: { accessor },
      signal,
      expect,
    });
  const answer = await look([400, 403, 404]);
  if (answer.status !== 403) return answer;
  await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  return look([400, 404]);
}
