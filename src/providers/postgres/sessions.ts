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

type Leases = readonly Pick<LeaseIdentity, 'oid'>[];
type ByLease = ReadonlyMap<number, readonly number[]>;

/** Tells every session of these leases to end. @returns process ids by OID, of those that have any */
export function endSessionsOf(session: AdminSession, leases: Leases): Promise<ByLease> {
  return look(session, leases, 'pg_terminate_backend(pid)');
}

/** How many sessions there are of each of these roles, with no attempt to end them; none: not in it. */
export async function sessionsOf(
  session: AdminSession,
  leases: Leases,
): Promise<ReadonlyMap<number, number>> {
  const found = await look(session, leases, 'NULL');
  return new Map([...found].map(([oid, pids]) => [oid, pids.length]));
}

async function look(session: AdminSession, leases: Leases, act: string): Promise<ByLease> {
  const byLease = new Map<number, number[]>();
  if (leases.length === 0) return byLease;
  const { rows } = await session.client.query<{ oid: number; pid: number }>(
    `SELECT usesysid AS oid, pid, ${act} FROM pg_stat_activity
     WHERE usesysid = ANY ($1::oid[]) AND pid <> pg_backend_pid()`,
    [leases.map(({ oid }) => oid)],
  );
  for (const { oid, pid } of rows) byLease.set(oid, [...(byLease.get(oid) ?? []), pid]);
  return byLease;
}
