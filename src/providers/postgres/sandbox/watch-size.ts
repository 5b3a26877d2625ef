import pg from 'pg';
import type { WatchAction } from '../../../ports/provider.ts';
import type { AdminSession } from '../connections.ts';
import type { RoleNames } from '../names.ts';
import { SIZE_COMMENT } from './issue.ts';
import { formatBytes } from '../../../domain/sizes.ts';

interface Grown {
  name: string;
  oid: number;
  size: number;
  limit: number;
}

/** Clones over the size that stands on them; one without a size is one whose issue has not come that far. */
const GROWN = `
SELECT c.name, r.oid, c.size, c.most AS "limit" FROM (
  SELECT datname::text AS name, pg_database_size(oid)::float8 AS size,
    nullif(replace(shobj_description(oid, 'pg_database'), $2, ''), '')::float8 AS most
  FROM pg_database WHERE datname ~ $1 AND datconnlimit <> -2
    AND starts_with(shobj_description(oid, 'pg_database'), $2)) c
JOIN pg_roles r ON r.rolname = c.name WHERE c.size > c.most`;

/**
 * Locks out the leases whose databases have grown too large, at once and for good: the broker ends them
 * next. Those that are being ended already are not live any more.
 */
export async function holdToSize(
  session: AdminSession,
  names: RoleNames,
  live: { has(name: string): boolean },
): Promise<WatchAction[]> {
  const found = await session.client.query<Grown>(GROWN, [names.leasePattern, SIZE_COMMENT]);
  const rows = found.rows.filter(({ name }) => live.has(name));
  for (const { name, oid } of rows) {
    await session.client.query(
      `ALTER ROLE ${pg.escapeIdentifier(name)} NOLOGIN;
       SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = ${oid}`,
    );
  }
  return rows.map(({ name, size, limit }) => ({
    kind: 'size_exceeded' as const,
    outsideName: name,
    detail: `The sandbox had grown to ${formatBytes(size)}, over its ${formatBytes(limit)}: it was closed and ends.`,
  }));
}
