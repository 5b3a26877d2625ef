import type { OwnedPage, PageOfOwned, Reach } from '../../ports/provider.ts';
import type { Parts } from './parts.ts';

/**
 * Each kind is read from the place where the last page ended, by the index on its name and no further than
 * one page: a page costs its own size, however many names are left. `name` sorts byte by byte, and a
 * reader's name sorts among readers as its lease's does among leases.
 */
const PAGE = `SELECT name::text FROM (
    (SELECT rolname AS name FROM pg_roles
       WHERE rolname > $2::name AND rolname ~ $1 ORDER BY rolname LIMIT $3)
    UNION (SELECT ($4 || right(rolname, 26))::name FROM pg_roles
       WHERE rolname > $6::name AND rolname ~ $5 ORDER BY rolname LIMIT $3)
    UNION (SELECT datname FROM pg_database
       WHERE datname > $2::name AND datname ~ $1 ORDER BY datname LIMIT $3)) owned
  ORDER BY owned.name LIMIT $3`;

/**
 * Every lease of this installation that left anything at the server, whatever became of it: its role, its
 * sandbox, or the login by which we looked into that. The last name of a page is where the next one goes on.
 */
export async function listOwned(
  parts: Parts,
  request: Reach,
  { limit, after = parts.names.leasePrefix }: PageOfOwned,
): Promise<OwnedPage> {
  const { leasePattern, readerPattern, leasePrefix, readerPrefix } = parts.names;
  const afterReader = readerPrefix + after.slice(leasePrefix.length);
  const values = [leasePattern, after, limit, leasePrefix, readerPattern, afterReader];
  return parts.connections.use(request, async ({ client }) => {
    const { rows } = await client.query<{ name: string }>(PAGE, values);
    const names = rows.map((row) => row.name);
    const next = names.length === limit ? names.at(-1) : undefined;
    return { names, ...(next === undefined ? {} : { next }) };
  });
}
