import pg from 'pg';
import { providerFailed } from '../../domain/errors.ts';
import type { RevokeRequest, RevokeResult } from '../../ports/provider.ts';
import { type AdminSession, pause } from './connections.ts';
import { Death, stillAlive } from './death.ts';
import { failureCode, isContention } from './failures.ts';
import { isHome, madeElsewhere } from './home.ts';
import { endBlockers, findLease, lockOut } from './lock-out.ts';
import { removeForeignMembers } from './members.ts';
import type { Parts } from './parts.ts';
import { dropOwned, rollBackPrepared } from './remains.ts';
import { endClone } from './sandbox/end.ts';
import type { Locked, RevokeTogether } from './revoke-together.ts';
import { countSessions, type LeaseIdentity } from './sessions.ts';

const FIRST_PAUSE_MS = 2;

/**
 * Ends a lease at the server, with proof. Each step finds out for itself what is left to do, so that it can
 * be repeated from any point at which an earlier attempt stopped. No connection is held while it waits.
 * Leases of one resource that end at the same time share their steps, as far as they are plain.
 */
export async function revoke(
  parts: Parts,
  together: RevokeTogether,
  request: RevokeRequest,
): Promise<RevokeResult> {
  const name = request.lease.outsideName;
  if (!parts.names.isLease(name)) {
    throw providerFailed('provider_rejected', 'The lease carries no name of this installation.');
  }
  const death = new Death(parts, request);
  const locked = await together.lockOut(request);
  if (locked === 'alone') return revokeAlone(parts, request, death);
  if (locked.kind === 'gone') return alreadyGone(parts, request, death);
  await untilFirstZero(parts, request, locked, death);
  await death.quiet();
  const { lease } = locked;
  const dropped = await together.drop(request, lease);
  if (dropped === 'alone') return finish(parts, request, lease, death);
  if (dropped.sessions > 0) {
    const { signal } = request;
    await parts.connections.use(request, (session) => lastCount(session, lease.oid, death, signal));
  }
  parts.oids.delete(name);
  return death.result();
}

async function untilFirstZero(
  parts: Parts,
  request: RevokeRequest,
  { lease, pids, foreignMembers }: Locked & { kind: 'locked' },
  death: Death,
): Promise<void> {
  death.seen(pids);
  if (pids.length === 0) death.zero();
  if (pids.length === 0 && !foreignMembers) return;
  await parts.connections.use(request, async (session) => {
    if (pids.length > 0) await death.firstZero(session, lease);
    // Before 16 a lease can give itself to others. Whoever cannot be removed loses the role with DROP ROLE.
    if (foreignMembers) await removeForeignMembers(session, lease, parts.names);
  });
}

async function revokeAlone(
  parts: Parts,
  request: RevokeRequest,
  death: Death,
): Promise<RevokeResult> {
  const home = await parts.connections.use(request, async (session) =>
    isHome(session, request.lease),
  );
  if (home) return revokeHere(parts, request, death);
  // A copy of the server may have a copy of the login: it ends too, and proves nothing about the other.
  const { onFirstZero: _proof, ...unproven } = request;
  await revokeHere(parts, unproven, new Death(parts, unproven)).catch(() => undefined);
  throw madeElsewhere(request.lease);
}

async function revokeHere(
  parts: Parts,
  request: RevokeRequest,
  death: Death,
): Promise<RevokeResult> {
  const name = request.lease.outsideName;
  const lease = await parts.connections.use(request, async (session) => {
    const found = await findLease(session, name);
    if (!found) return undefined;
    parts.oids.set(name, found.oid);
    const ended = await lockOut(session, found);
    if (!ended) return found;
    death.seen(ended);
    await death.firstZero(session, found);
    await removeForeignMembers(session, found, parts.names);
    return found;
  });
  if (!lease) return alreadyGone(parts, request, death);
  return finish(parts, request, lease, death);
}

/** Everything after the first zero, whatever of it is done already. */
async function finish(
  parts: Parts,
  request: RevokeRequest,
  lease: LeaseIdentity,
  death: Death,
): Promise<RevokeResult> {
  await death.secondZero(lease);
  await rollBackPrepared(parts.connections, request, lease);
  await endClone(parts, request, lease.name);
  await dropOwned(parts.connections, request, lease);
  await dropRole(parts, request, lease, death);
  return death.result();
}

/** No role: either it never was, or an earlier attempt dropped it and this one asks about its sessions. */
async function alreadyGone(
  parts: Parts,
  request: RevokeRequest,
  death: Death,
): Promise<RevokeResult> {
  const name = request.lease.outsideName;
  await endClone(parts, request, name);
  // Whoever was making it has been ended, and may have been done just before.
  const made = await parts.connections.use(request, (session) => findLease(session, name));
  if (made) return revokeHere(parts, request, death);
  const oid = parts.oids.get(name);
  if (oid !== undefined) {
    await parts.connections.use(request, (session) =>
      lastCount(session, oid, death, request.signal),
    );
    parts.oids.delete(name);
  }
  return death.result();
}

async function dropRole(
  parts: Parts,
  request: RevokeRequest,
  lease: LeaseIdentity,
  death: Death,
): Promise<void> {
  await parts.connections.use(request, async (session) => {
    const count = await countSessions(session, lease.oid);
    if (count > 0) throw stillAlive(count);
    await drop(parts, session, lease);
    await lastCount(session, lease.oid, death, request.signal);
  });
  parts.oids.delete(lease.name);
}

async function drop(parts: Parts, session: AdminSession, lease: LeaseIdentity): Promise<void> {
  const statement = `DROP ROLE IF EXISTS ${pg.escapeIdentifier(lease.name)}`;
  try {
    await session.client.query(statement).catch(async (error: unknown) => {
      if (!isContention(error)) throw error;
      await endBlockers(session, lease, parts.names);
      await session.client.query(statement);
    });
  } catch (error) {
    if (failureCode(error) !== '2BP01') throw error;
    throw providerFailed(
      'provider_rejected',
      `Role ${lease.name} cannot be dropped: others granted it rights the admin cannot take back. As a superuser run DROP OWNED BY ${pg.escapeIdentifier(lease.name)} in each database; then it is tried again.`,
    );
  }
}

/** After DROP ROLE nobody but a member of pg_signal_backend may end what is still there. */
async function lastCount(
  session: AdminSession,
  oid: number,
  death: Death,
  signal: AbortSignal,
): Promise<void> {
  if ((await countSessions(session, oid)) === 0) return;
  const { rows } = await session.client.query<{ pid: number }>(
    `SELECT pid, CASE WHEN pg_has_role('pg_signal_backend', 'USAGE') THEN pg_terminate_backend(pid) END
     FROM pg_stat_activity WHERE usesysid = $1`,
    [oid],
  );
  death.seen(rows.map((row) => row.pid));
  for (let wait = FIRST_PAUSE_MS; wait < 1000; wait *= 2) {
    if ((await countSessions(session, oid)) === 0) return;
    await pause(wait, signal);
  }
  throw providerFailed(
    'provider_unavailable',
    `A session outlived its dropped role. As a superuser: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = ${oid}; and GRANT pg_signal_backend to the admin. It is tried again.`,
  );
}
