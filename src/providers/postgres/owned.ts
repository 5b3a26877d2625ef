import type { Reach } from '../../ports/provider.ts';
import type { Parts } from './parts.ts';

/** Every lease role of this installation at the server, whatever became of its lease. */
export async function listOwned(parts: Parts, request: Reach): Promise<string[]> {
  return parts.connections.use(request, async ({ client }) => {
    const { rows } = await client.query<{ name: string }>(
      'SELECT rolname::text AS name FROM pg_roles WHERE rolname ~ $1 ORDER BY 1',
      [parts.names.leasePattern],
    );
    return rows.map((row) => row.name);
  });
}
