import { providerFailed } from '../../domain/errors.ts';
import { isSandbox } from '../../domain/resource.ts';
import type { Reach, WatchAction, WatchedLease } from '../../ports/provider.ts';
import type { AdminSession } from './connections.ts';
import { LONGEST_IDLE_TRANSACTION_MS } from './constraints.ts';
import { removeForeignMembers } from './members.ts';
import { isHome, madeElsewhere } from './home.ts';
import type { Parts } from './parts.ts';
import { holdToSize } from './sandbox/watch-size.ts';
import { membershipStatement } from './statements.ts';

interface LeaseRow {
  name: string;
  oid: number;
  /** Whether the admin is still a member, not just by way of another lease, with the rights that gives. */
  ours: boolean;
  members: number;
  sessions: number;
}

/** A statement that survives its cancel (a handler can catch that) loses its session this much later. */
const AFTER_CANCEL_MS = 5_000;
/** The list of live leases may be older than a lease: its sessions are younger than this then. */
const LIST_MAY_BE_OLD_MS = 10_000;

/**
 * Live leases of this resource with which something is wrong, and whatever has sessions: there may be a
 * hundred thousand others, of other resources too, which are looked at by nobody here: the pattern is held
 * against the roles found, or the server would go through all that begin like it.
 */
const LEASES = `
WITH a AS MATERIALIZED (
  SELECT usesysid, count(*)::int AS sessions FROM pg_stat_activity
  WHERE usesysid IS NOT NULL GROUP BY 1),
r AS MATERIALIZED (
  SELECT rolname, oid FROM pg_roles WHERE rolname = ANY ($2::text[])
  UNION SELECT rolname, oid FROM pg_roles WHERE oid = ANY (ARRAY(SELECT usesysid FROM a)))
SELECT * FROM (SELECT r.rolname::text AS name, r.oid,
  pg_has_role(current_user, r.oid, 'USAGE') AND EXISTS (SELECT FROM pg_auth_members m
    WHERE m.roleid = r.oid AND m.member = (SELECT oid FROM pg_roles WHERE rolname = current_user)) AS ours,
  (SELECT count(*)::int FROM pg_auth_members m
    WHERE m.roleid = r.oid AND m.member NOT IN (
      SELECT oid FROM pg_roles WHERE rolname IN (current_user, $3 || right(r.rolname, 26)))) AS members,
  coalesce(a.sessions, 0) AS sessions
FROM r LEFT JOIN a ON a.usesysid = r.oid
WHERE r.rolname ~ $1) l
WHERE NOT ours OR members > 0 OR sessions > 0`;

/**
 * One round of the watchdog. What goes wrong with one lease keeps no other from being looked after; it is
 * reported when nothing else was done. @see CanWatch
 */
export async function watch(
  parts: Parts,
  request: Reach,
  live: readonly WatchedLease[],
): Promise<WatchAction[]> {
  return parts.connections.use(request, async (session) => {
    const limits = new Map(live.map((lease) => [lease.outsideName, lease.statementTimeoutMs]));
    const { rows } = await session.client.query<LeaseRow>(LEASES, [
      parts.names.leasePattern,
      [...limits.keys()],
      parts.names.readerPrefix,
    ]);
    const actions: WatchAction[] = [];
    const failures: unknown[] = live
      .filter((lease) => !isHome(session, lease))
      .map((lease) => madeElsewhere(lease));
    const steps = rows.flatMap((lease) => [
      ...(lease.ours ? [] : [() => takeBack(session, lease)]),
      ...(lease.members > 0 ? [() => removeMembers(parts, session, lease)] : []),
      ...(limits.has(lease.name) || lease.sessions === 0 ? [] : [() => endUnknown(session, lease)]),
    ]);
    const sandboxes = isSandbox(request.resource)
      ? [() => holdToSize(session, parts.names, limits)]
      : [];
    for (const step of [...sandboxes, ...steps, () => holdToTime(session, limits)]) {
      try {
        actions.push(...(await step()));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0 && actions.length === 0) throw failures[0];
    return actions;
  });
}

/** Without membership the server neither shows what a lease runs nor lets the admin end it. */
async function takeBack(session: AdminSession, lease: LeaseRow): Promise<WatchAction[]> {
  await session.client.query(membershipStatement(lease.name, session.major));
  return [
    {
      kind: 'foreign_member_removed',
      outsideName: lease.name,
      detail: 'The admin had lost its membership in the role of the lease and took it back.',
    },
  ];
}

async function removeMembers(
  parts: Parts,
  session: AdminSession,
  lease: LeaseRow,
): Promise<WatchAction[]> {
  const { removed, left } = await removeForeignMembers(session, lease, parts.names);
  if (left.length > 0 && removed.length === 0) {
    throw providerFailed(
      'provider_misconfigured',
      `${left.join(', ')} can become the role ${lease.name}, and the admin cannot undo that. Probe the resource for the SQL.`,
    );
  }
  return removed.map((member) => ({
    kind: 'foreign_member_removed' as const,
    outsideName: lease.name,
    detail: `${member} had become a member of the lease's role and was removed.`,
  }));
}

async function endUnknown(session: AdminSession, lease: LeaseRow): Promise<WatchAction[]> {
  const { rows } = await session.client.query<{ pid: number }>(
    `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = $1
     AND clock_timestamp() - backend_start > make_interval(secs => $2)`,
    [lease.oid, LIST_MAY_BE_OLD_MS / 1000],
  );
  return rows.map(({ pid }) => ({
    kind: 'session_ended' as const,
    outsideName: lease.name,
    detail: `Session ${pid} of a lease that is not live.`,
  }));
}

interface LateRow {
  name: string;
  pid: number;
  what: 'statement' | 'survivor' | 'idle';
  ms: number;
}

/** Each row: one session over its time, what it is late with, and what was done about it. */
const LATE = `
WITH late AS (SELECT l.name, a.pid, t.ms,
  CASE WHEN a.state LIKE 'idle in transaction%' THEN 'idle'
    WHEN t.ms > l.ms + $3 THEN 'survivor' ELSE 'statement' END AS what
FROM unnest($1::text[], $2::float8[]) AS l(name, ms)
JOIN pg_roles r ON r.rolname = l.name JOIN pg_stat_activity a ON a.usesysid = r.oid,
LATERAL (SELECT extract(epoch FROM clock_timestamp() -
  CASE WHEN a.state LIKE 'idle in transaction%' THEN a.state_change ELSE a.query_start END) * 1000 AS ms) t
WHERE a.backend_type = 'client backend' AND CASE
  WHEN a.state IN ('active', 'fastpath function call') THEN t.ms > l.ms
  WHEN a.state LIKE 'idle in transaction%' THEN t.ms > $4
  ELSE false END)
SELECT name, pid, round(ms)::float8 AS ms, what,
  CASE what WHEN 'statement' THEN pg_cancel_backend(pid) ELSE pg_terminate_backend(pid) END
FROM late`;

/** A session can turn its own timeouts off: time is kept from here, by the server's clock. */
async function holdToTime(
  session: AdminSession,
  limits: ReadonlyMap<string, number>,
): Promise<WatchAction[]> {
  const { rows } = await session.client.query<LateRow>(LATE, [
    [...limits.keys()],
    [...limits.values()],
    AFTER_CANCEL_MS,
    LONGEST_IDLE_TRANSACTION_MS,
  ]);
  return rows.map((row) => ({
    kind: row.what === 'statement' ? 'statement_cancelled' : 'session_ended',
    outsideName: row.name,
    detail: `Session ${row.pid}: ${LATE_TEXT[row.what]} for ${Math.round(row.ms / 1000)} s.`,
  }));
}

const LATE_TEXT = {
  statement: 'a statement had run',
  survivor: 'a statement had run, in spite of being cancelled,',
  idle: 'a transaction had been left open',
};
