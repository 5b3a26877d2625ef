import pg from 'pg';
import type { RevokeRequest } from '../../ports/provider.ts';
import type { AdminSession } from './connections.ts';
import { beingMade } from './fence.ts';
import { isHome } from './home.ts';
import { withForeignMembers } from './members.ts';
import type { Parts } from './parts.ts';
import { withRemains } from './remains.ts';
import { type LeaseIdentity, sessionsOf, endSessionsOf } from './sessions.ts';
import { membershipStatement } from './statements.ts';
import { Together } from './together.ts';

const LARGEST = 64;
/** Second counts fall due one by one; nobody waits for them. */
const GATHER_MS = 25;
/** For one page at a server that answers; after that each lease is left to its own time limit. */
const PAGE_MS = 5_000;
/** Whoever holds a lease's role longer is dealt with alone. */
const LOCK = "SELECT set_config('lock_timeout', '100ms', true)";

/** What came of the first half of a revocation. */
export type Locked =
  | { readonly kind: 'gone' }
  /** NOLOGIN is committed; then these sessions were told to end. */
  | {
      readonly kind: 'locked';
      readonly lease: LeaseIdentity;
      readonly pids: readonly number[];
      readonly foreignMembers: boolean;
    };

/** What came of the second half: the role was dropped, after which so many sessions were counted. */
export interface Dropped {
  readonly sessions: number;
}

interface Dying {
  readonly request: RevokeRequest;
  readonly lease: LeaseIdentity;
}

/**
 * The steps of a revocation for all leases of one resource that are at the same step: one transaction and
 * one look at the sessions for a page of them. Only what is plain is done here. Where anything is odd about
 * a lease, or a statement for the page fails, the answer is `alone`, and that lease goes its way by itself:
 * every step finds out anew what is left to do.
 */
export interface RevokeTogether {
  lockOut(request: RevokeRequest): Promise<Locked | 'alone'>;
  /** To be asked a second or more after the first zero. */
  drop(request: RevokeRequest, lease: LeaseIdentity): Promise<Dropped | 'alone'>;
}

export function revokeTogether(parts: Parts): RevokeTogether {
  const lockOuts = new Together<RevokeRequest, Locked | 'alone'>(
    (page) => onePage(parts, page, (session) => lockOutPage(parts, session, page)),
    { largest: LARGEST, gatherMs: 0 },
  );
  const drops = new Together<Dying, Dropped | 'alone'>(
    (page) => {
      const requests = page.map(({ request }) => request);
      return onePage(parts, requests, (session) => dropPage(parts, session, page));
    },
    { largest: LARGEST, gatherMs: GATHER_MS },
  );
  return {
    lockOut: (request) => lockOuts.add(lineOf(request), request),
    drop: (request, lease) => drops.add(lineOf(request), { request, lease }),
  };
}

/** One root credential, of whatever generation: the newest serves all. */
function lineOf({ resource }: RevokeRequest): string {
  return `${resource.name}\n${resource.connection.url.secret}`;
}

async function onePage<O>(
  parts: Parts,
  requests: readonly RevokeRequest[],
  work: (session: AdminSession) => Promise<readonly (O | 'alone')[]>,
): Promise<readonly (O | 'alone')[]> {
  const newest = requests.reduce((a, b) => (b.root.generation > a.root.generation ? b : a));
  const { resource, root } = newest;
  let connected = false;
  try {
    const signal = AbortSignal.timeout(PAGE_MS);
    return await parts.connections.use({ resource, root, signal }, (session) => {
      connected = true;
      return work(session);
    });
  } catch (error) {
    // A server that cannot be reached is nobody's doing: all are told.
    if (!connected) throw error;
    return requests.map(() => 'alone' as const);
  }
}

/** By name, so that two brokers take locks in the same order. */
const byName = (a: LeaseIdentity, b: LeaseIdentity): number => (a.name < b.name ? -1 : 1);

async function lockOutPage(
  parts: Parts,
  session: AdminSession,
  page: readonly RevokeRequest[],
): Promise<(Locked | 'alone')[]> {
  const home = page.filter(({ lease }) => isHome(session, lease));
  const { rows } = await session.client.query<LeaseIdentity>(
    'SELECT rolname::text AS name, oid FROM pg_roles WHERE rolname = ANY ($1::text[])',
    [home.map(({ lease }) => lease.outsideName)],
  );
  const found = new Map(rows.sort(byName).map((lease) => [lease.name, lease]));
  for (const { name, oid } of rows) parts.oids.set(name, oid);
  if (rows.length > 0) {
    const changes = rows.flatMap(({ name }) => [
      membershipStatement(name, session.major),
      `ALTER ROLE ${pg.escapeIdentifier(name)} NOLOGIN PASSWORD NULL`,
    ]);
    await session.client.query([LOCK, ...changes].join(';\n'));
  }
  const pids = await endSessionsOf(session, rows);
  const foreign = await withForeignMembers(session, rows, parts.names);
  return page.map((request) => {
    if (!home.includes(request)) return 'alone';
    const lease = found.get(request.lease.outsideName);
    if (!lease) return { kind: 'gone' };
    const { oid } = lease;
    return {
      kind: 'locked',
      lease,
      pids: pids.get(oid) ?? [],
      foreignMembers: foreign.has(oid),
    };
  });
}

/**
 * Second zero, nothing prepared, no database, nothing owned anywhere, another zero, DROP ROLE, a last count
 * by OID. Each look is a statement of its own: within one transaction sessions are counted once.
 */
async function dropPage(
  parts: Parts,
  session: AdminSession,
  page: readonly Dying[],
): Promise<(Dropped | 'alone')[]> {
  const plain = new Map(page.map(({ lease }) => [lease.oid, lease]));
  const leave = (oids: Iterable<number>): void => {
    for (const oid of oids) plain.delete(oid);
  };
  const left = () => [...plain.values()].sort(byName);
  leave((await endSessionsOf(session, left())).keys());
  const making = await beingMade(session, parts.names.leasePrefix);
  leave(left().flatMap(({ name, oid }) => (making.has(name) ? [oid] : [])));
  leave(await withRemains(session, left(), parts.names));
  leave((await sessionsOf(session, left())).keys());
  const last = left();
  if (last.length === 0) return page.map(() => 'alone');
  const names = last.map(({ name }) => pg.escapeIdentifier(name)).join(', ');
  await session.client.query(`${LOCK};\nDROP ROLE IF EXISTS ${names}`);
  const after = await sessionsOf(session, last);
  return page.map(({ lease }) =>
    plain.has(lease.oid) ? { sessions: after.get(lease.oid) ?? 0 } : 'alone',
  );
}
