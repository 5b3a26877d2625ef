import type { OwnedPage, PageOfOwned, Reach } from '../../ports/provider.ts';
import { listAccessors, lookAt } from './marked.ts';
import type { Parts } from './parts.ts';

/** Tokens looked at for one page, so that a page has its time at a Vault that is far away, too. */
const MOST_LOOKED_AT = 500;

/**
 * Every lease of this installation that has a token at this Vault, whatever became of the lease. Vault has
 * no search, so that each token is looked at, but once in all pages: a page is a part of the accessors,
 * and has those names that are found there, often none.
 */
export async function listOwned(
  parts: Parts,
  request: Reach,
  { limit, after = '' }: PageOfOwned,
): Promise<OwnedPage> {
  const { isLease } = parts.names;
  const session = parts.session(request);
  const all = await listAccessors(session, request.signal);
  const left = all.filter((accessor) => accessor > after).sort();
  const page = left.slice(0, Math.min(limit, MOST_LOOKED_AT));
  const owned = await lookAt(session, page, isLease, request.signal);
  const names = [...new Set(owned.map(({ name }) => name))];
  const next = left.length > page.length ? page.at(-1) : undefined;
  return { names, ...(next === undefined ? {} : { next }) };
}
