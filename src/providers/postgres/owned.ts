import type { OwnedPage, PageOfOwned, Reach } from '../../ports/provider.ts';
import type { Parts } from './parts.ts';

/**
 * Every lease of this installation that left anything at the server, whatever became of it: its role, its
 * sandbox, or the login by which we looked into that. The last name of a page is where the next one goes on.
 */
export async function listOwned(
  parts: Parts,
  request: Reach,
  { limit, after }: PageOfOwned,
): Promise<OwnedPage> {
  const { leasePattern, readerPattern, leasePrefix } = parts.names;
  return parts.connections.use(request, async ({ client }) => {
    // `name` sorts byte by byte, so that the index on rolname serves.
    const { rows } = await client.query<{ name: string }>(
      `SELECT name::text FROM (
         SELECT rolname AS name FROM pg_roles WHERE rolname ~ $1
         UNION SELECT ($4 || right(rolname, 26))::name FROM pg_roles WHERE rolname ~ $5
         UNION SELECT datname FROM pg_database WHERE datname ~ $1) owned
       WHERE name > $2::name ORDER BY name LIMIT $3`,
      [leasePattern, after ?? '', limit, leasePrefix, readerPattern],
    );
    const names = rows.map((row) => row.name);
    const next = names.length === limit ? names.at(-1) : undefined;
    return { names, ...(next === undefined ? {} : { next }) };
  });
}
