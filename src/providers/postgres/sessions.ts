import type { AdminSession } from './connections.ts';
import { failureCode, isContention } from './failures.ts';
import { membershipStatement } from './statements.ts';

/** A lease's role as the server knows it. */
export interface LeaseIdentity {
  readonly name: string;
  readonly oid: number;
}

interface Ended {
  pid: number;
}

/**
 * By OID, whatever the session calls itself now: SET ROLE, a rename or a dropped role change nothing about
 * who logged in. OIDs are our own numbers, so they may stand in the text.
 */
function terminate(oid: number): string {
  return `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = ${oid} AND pid <> pg_backend_pid()`;
}

/**
 * Tells every session of the lease to end, taking membership again where the lease took it away.
 * @returns the process ids it saw; ending takes the server a few milliseconds more
 */
export async function endSessions(session: AdminSession, lease: LeaseIdentity): Promise<number[]> {
  try {
    const { rows } = await session.client.query<Ended>(terminate(lease.oid));
    return rows.map((row) => row.pid);
  } catch (error) {
    if (failureCode(error) !== '42501') throw error;
    return reclaimAndEndSessions(session, lease);
  }
}

/**
 * The same after taking back the membership that gives the right to it, both in one transaction: a lease
 * that keeps revoking it (it can, before 16) cannot come in between.
 */
export async function reclaimAndEndSessions(
  session: AdminSession,
  lease: LeaseIdentity,
): Promise<number[]> {
  const membership = membershipStatement(lease.name, session.major);
  for (let attempt = 1; ; attempt++) {
    try {
      const results = (await session.client.query(
        `${membership};\n${terminate(lease.oid)}`,
      )) as unknown as { rows: Ended[] }[];
      return results.at(-1)?.rows.map((row) => row.pid) ?? [];
    } catch (error) {
      if (!isContention(error) || attempt === 20) throw error;
    }
  }
}

/** Sessions of the role, with no attempt to end them. */
export async function countSessions(session: AdminSession, oid: number): Promise<number> {
  const { rows } = await session.client.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM pg_stat_activity WHERE usesysid = $1',
    [oid],
  );
  return rows[0]?.n ?? 0;
}
