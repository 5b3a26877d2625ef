import type { OwnedPage, PageOfOwned, Reach } from '../../ports/provider.ts';
import { findOwned } from './marked.ts';
import type { Parts } from './parts.ts';

/** Every lease of this installation that has a token at this Vault, whatever became of the lease. */
export async function listOwned(
  parts: Parts,
  request: Reach,
  { limit, after = '' }: PageOfOwned,
): Promise<OwnedPage> {
  const { isLease } = parts.names;
  const wanted = (name: string) => isLease(name) && name > after;
  const owned = await findOwned(parts.session(request), wanted, request.signal);
  const all = [...new Set(owned.map(({ name }) => name))].sort();
  const names = all.slice(0, limit);
  const next = all.length > limit ? names.at(-1) : undefined;
  return { names, ...(next === undefined ? {} : { next }) };
}
