import pg from 'pg';
import type { AdminSession } from './connections.ts';
import { failureCode, isContention } from './failures.ts';
import type { RoleNames } from './names.ts';
import { endSessions, type LeaseIdentity, reclaimAndEndSessions } from './sessions.ts';
import { membershipStatement } from './statements.ts';

const quote = pg.escapeIdentifier;
const ATTEMPTS = 20;

/** The role of that name and its OID, or `undefined` when there is none. */
export async function findLease(
  session: AdminSession,
  name: string,
): Promise<LeaseIdentity | undefined> {
  const { rows } = await session.client.query<{ oid: number }>(
    'SELECT oid FROM pg_roles WHERE rolname = $1',
    [name],
  );
  return rows[0] && { name, oid: rows[0].oid };
}

/**
 * No new login from here on: NOLOGIN, no password, committed. A session that holds a change of its own role
 * open would make this wait for ever, so it is ended and the change tried again; ours is then next in line.
 * @returns how many sessions had to be ended on the way; `undefined` when the role is gone
 */
export async function lockOut(
  session: AdminSession,
  lease: LeaseIdentity,
): Promise<number[] | undefined> {
  const ended: number[] = [];
  const membership = membershipStatement(lease.name, session.major);
  const change = `ALTER ROLE ${quote(lease.name)} NOLOGIN PASSWORD NULL`;
  for (let attempt = 1; ; attempt++) {
    const wait = `SELECT set_config('lock_timeout', '${attempt === 1 ? 100 : 1000}ms', true)`;
    try {
      await session.client.query([wait, membership, change].join(';\n'));
      return ended;
    } catch (error) {
      if (failureCode(error) === '42704') return undefined;
      if (!isContention(error) || attempt === ATTEMPTS) throw error;
      ended.push(...(await reclaimAndEndSessions(session, lease)));
    }
  }
}

/**
 * Ends sessions of ours that hold a lock on the lease's role, such as an open transaction that grants
 * something to it: they stand in the way of DROP ROLE.
 */
export async function endBlockers(
  session: AdminSession,
  lease: LeaseIdentity,
  names: RoleNames,
): Promise<void> {
  const { rows } = await session.client.query<LeaseIdentity>(
    `SELECT DISTINCT r.rolname::text AS name, r.oid FROM pg_locks l
     JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_roles r ON r.oid = a.usesysid
     WHERE l.granted AND l.locktype = 'object' AND l.classid = 'pg_authid'::regclass AND l.objid = $1
       AND r.rolname ~ $2`,
    [lease.oid, names.leasePattern],
  );
  for (const row of rows) await endSessions(session, row);
}
