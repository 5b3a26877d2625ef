import pg from 'pg';
import { type AdminSession, pause } from './connections.ts';

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1_000;

const MARK = 'countersign ';
const CREATING = 'CREATE DATABASE "';

/** What a session of ours calls itself while it makes something for a lease: at most 63 characters. */
function markOf(lease: string): string {
  return MARK + lease;
}

/**
 * Names the session after the lease. It comes before whatever makes something, on the same connection, so
 * that a statement which arrives late, when its sender has given up or died, arrives on a session that the
 * revocation of that lease has found and ended.
 * @param local for the transaction only
 */
export function markStatement(lease: string, local: boolean): string {
  return `SET ${local ? 'LOCAL ' : ''}application_name = ${pg.escapeLiteral(markOf(lease))}`;
}

export const UNMARK = 'RESET application_name';

/**
 * Ends whatever session of the admin still makes, or has yet to hear that it should make, something for this
 * lease. The server does not notice that the client has gone, so a role or a database could come into being
 * after its end was proved. A session is known by its mark, or by the CREATE DATABASE that it runs.
 */
export async function stopMaking(
  session: AdminSession,
  lease: string,
  signal: AbortSignal,
): Promise<void> {
  const creating = `CREATE DATABASE ${pg.escapeIdentifier(lease)} `;
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    const { rows } = await session.client.query(
      `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE usename = current_user AND pid <> pg_backend_pid()
         AND (application_name = $1 OR (state = 'active' AND starts_with(query, $2)))`,
      [markOf(lease), creating],
    );
    if (rows.length === 0) return;
    await pause(wait, signal);
  }
}

/** Leases, of those whose names begin like this, for which sessions of the admin make something just now. */
export async function beingMade(
  session: AdminSession,
  prefix: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await session.client.query<{ name: string }>(
    `SELECT substr(application_name, $3) AS name FROM pg_stat_activity
     WHERE usename = current_user AND pid <> pg_backend_pid() AND starts_with(application_name, $1)
     UNION ALL
     SELECT split_part(substr(query, $4), '"', 1) FROM pg_stat_activity
     WHERE usename = current_user AND pid <> pg_backend_pid() AND state = 'active'
       AND starts_with(query, $2)`,
    [MARK + prefix, CREATING + prefix, MARK.length + 1, CREATING.length + 1],
  );
  return new Set(rows.map(({ name }) => name));
}
