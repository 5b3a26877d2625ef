import type { Reach } from '../../ports/provider.ts';
import type { Parts } from './parts.ts';

/**
 * Every lease of this installation that left anything at the server, whatever became of it: its role, its
 * sandbox, or the login by which we looked into that.
 */
export async function listOwned(parts: Parts, request: Reach): Promise<string[]> {
  const { leasePattern, readerPattern, isReader, leaseOfReader } = parts.names;
  return parts.connections.use(request, async ({ client }) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT rolname::text AS name FROM pg_roles WHERE rolname ~ $1 OR rolname ~ $2
       UNION SELECT datname::text FROM pg_database WHERE datname ~ $1 ORDER BY 1`,
      [leasePattern, readerPattern],
    );
    return [...new Set(rows.map(({ name }) => (isReader(name) ? leaseOfReader(name) : name)))];
  });
}
