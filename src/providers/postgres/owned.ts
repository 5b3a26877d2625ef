import type { OwnedPage, PageOfOwned, Reach } from '../../ports/provider.ts';
import type { Parts } from './parts.ts';

/**
 * Every lease role of this installation at the server, whatever became of its lease. The last name of a
 * page is where the next one goes on.
 */
export async function listOwned(
  parts: Parts,
  request: Reach,
  { limit, after }: PageOfOwned,
): Promise<OwnedPage> {
  return parts.connections.use(request, async ({ client }) => {
    // `name` sorts byte by byte, so that the index on rolname serves.
    const { rows } = await client.query<{ name: string }>(
      `SELECT rolname::text AS name FROM pg_roles
       WHERE rolname ~ $1 AND rolname > $2::name ORDER BY rolname LIMIT $3`,
      [parts.names.leasePattern, after ?? '', limit],
    );
    const names = rows.map((row) => row.name);
    const next = names.length === limit ? names.at(-1) : undefined;
    return { names, ...(next === undefined ? {} : { next }) };
  });
}
