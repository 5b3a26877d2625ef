import pg from 'pg';
import type { AuditDraft } from '../audit/entry.ts';
import { agentSuspended, conflict, ended, leaseLimit, stopped } from '../domain/errors.ts';
import type { Lease } from '../domain/lease.ts';
import type { LeaseStore, NewLease } from '../ports/leases.ts';
import type { RecordFilter } from '../ports/page.ts';
import { APPEND_CALL, appendAudit, appendValue } from './audit-append.ts';
import { HOLD_GATE } from './feed-event.ts';
import { filterSql } from './filter.ts';
import { one, type Pool, query, send, type Tx, transaction } from './pool.ts';
import { proofIsGone } from './proofs.ts';
import { LEASE_COLUMNS, toLease, toWatched, WATCHED_COLUMNS } from './rows.ts';

export function createLeaseStore(pool: Pool): LeaseStore {
  return {
    reserve: (lease, limits, entry) =>
      transaction(pool, (tx) => reserve(tx, lease, limits, [entry]), holdAgent(lease.agentId)),
    activate: (id, sha256, entry, identity) => activate(pool, id, sha256, entry, identity),
    keepHandle: async (id, handle) => {
      const rows = await query<{ state: string }>(
        pool,
        `update leases set outside_handle = $2
         where id = $1 and state in ('reserved', 'revoking') returning state`,
        [id, handle],
      );
      return rows[0]?.state === 'reserved';
    },
    find: async (id) => {
      const rows = await query(pool, `select ${LEASE_COLUMNS} from leases where id = $1`, [id]);
      return rows[0] && toLease(rows[0]);
    },
    list: (filter) => list(pool, filter),
    extend: (id, expiresAt, entry) => transaction(pool, (tx) => extend(tx, id, expiresAt, entry)),
    liveOn: async (resource) => {
      const rows = await query(
        pool,
        `select ${WATCHED_COLUMNS} from leases
         where resource = $1 and state in ('reserved', 'active')`,
        [resource],
      );
      return rows.map(toWatched);
    },
    resourcesInUse: async () => {
      const rows = await query<{ resource: string }>(
        pool,
        "select distinct resource from leases where state not in ('revoked', 'abandoned')",
      );
      return rows.map((row) => row.resource);
    },
  };
}

async function list(pool: Pool, filter: RecordFilter): Promise<Lease[]> {
  const { where, values } = filterSql(filter, {
    id: 'id',
    agent: 'agent_id',
    task: 'task_id',
    resource: 'resource',
    live: "state not in ('revoked', 'abandoned')",
    overdue: "state = 'revoking' and overdue_since is not null",
    abandoned: "state = 'abandoned'",
  });
  const rows = await query(
    pool,
    `select ${LEASE_COLUMNS} from leases where ${where} order by id desc limit $1`,
    values,
  );
  return rows.map(toLease);
}

/** One statement, so one round trip; the entry is appended only where the lease was still wanted. */
const ACTIVATE = {
  name: 'activate-lease',
  text: `with done as (
     update leases set state = 'active', credential_sha256 = $3, next_attempt_at = null,
       server_identity = $4
     where id = $2 and state = 'reserved' returning id)
   select ${APPEND_CALL} from done`,
};

async function activate(
  pool: Pool,
  id: string,
  sha256: string,
  entry: AuditDraft,
  identity: string | undefined,
): Promise<boolean> {
  const values = [appendValue([entry]), id, sha256, identity ?? null];
  return (await query(pool, ACTIVATE, values)).length > 0;
}

async function extend(
  tx: Tx,
  id: string,
  expiresAt: number,
  entry: AuditDraft,
): Promise<Lease | undefined> {
  const rows = await query(
    tx,
    `update leases set expires_at = at($2) where id = $1 and state = 'active'
     and expires_at > now_at() returning ${LEASE_COLUMNS}`,
    [id, expiresAt],
  );
  if (!rows[0]) return undefined;
  appendAudit(tx, [entry]);
  return toLease(rows[0]);
}

interface Standing extends Record<string, unknown> {
  suspended: boolean;
  task_over: boolean;
  grant_over: boolean;
  token_over: boolean;
  bundle: number | null;
  stop_id: string | null;
  of_grant: number;
  of_agent: number;
}

const INSERT = {
  name: 'reserve-lease',
  text: `insert into leases (id, grant_id, token_jti, task_id, agent_id, resource, scope, state,
       outside_name, statement_timeout_ms, created_at, expires_at, next_attempt_at, server, operation_id)
     values ($1, $2, $3, $4, $5, $6, $7, 'reserved', $8, $9, at($10), at($11), at($12), $13, $14)`,
};

/** Everything that may have changed since the token was checked, read under the grant's lock. */
const STANDING = {
  name: 'lease-standing',
  text: `select
    (select state <> 'active' from agents where id = g.agent_id) as suspended,
    (select ended_at is not null or expires_at <= now_at() from tasks where id = g.task_id) as task_over,
    g.ended_at is not null or g.expires_at <= now_at() as grant_over,
    (select revoked_at is not null or expires_at <= now_at()
       or ${proofIsGone('tokens')} from tokens where jti = $2) as token_over,
    (select bundle_version::int from gate) as bundle,
    (select id from stops where lifted_at is null and (kind = 'all'
       or (kind = 'agent' and target = g.agent_id) or (kind = 'resource' and target = $3)) limit 1) as stop_id,
    (select count(*)::int from leases where grant_id = g.id and scope = $4
       and state in ('reserved', 'active')) as of_grant,
    (select count(*)::int from leases where agent_id = g.agent_id and state in ('reserved', 'active')) as of_agent
  from grants g where id = $1`,
};

/** The gate, then the agent's row, which puts its reservations in line so that limits hold. */
export function holdAgent(agentId: string): string {
  return `${HOLD_GATE};
    select id from agents where id = ${pg.escapeLiteral(agentId)} for no key update`;
}

/** Transaction A of a lease; also part of the one that begins an operation. */
export async function reserve(
  tx: Tx,
  lease: NewLease,
  limits: { grant: number; agent: number },
  entries: readonly AuditDraft[],
): Promise<Lease> {
  const rows = await query<Standing>(tx, STANDING, [
    lease.grantId,
    lease.tokenJti,
    lease.resource,
    lease.scope,
  ]);
  const standing = one(rows, () => ended('grant'));
  if (standing.suspended) throw agentSuspended();
  if (standing.stop_id !== null) throw stopped('What this lease needs', standing.stop_id);
  if (standing.task_over) throw ended('task');
  if (standing.grant_over || standing.token_over) throw ended('grant');
  if (standing.bundle !== lease.bundleVersion) {
    throw conflict('Another policy became active during this request. Try again.');
  }
  if (standing.of_grant >= limits.grant) throw leaseLimit(limits.grant);
  if (standing.of_agent >= limits.agent) throw leaseLimit(limits.agent);
  send(tx, INSERT, [
    lease.id,
    lease.grantId,
    lease.tokenJti,
    lease.taskId,
    lease.agentId,
    lease.resource,
    lease.scope,
    lease.outsideName,
    lease.statementTimeoutMs,
    lease.createdAt,
    lease.expiresAt,
    lease.issueOverAt,
    lease.server ?? null,
    lease.operationId ?? null,
  ]);
  appendAudit(tx, entries);
  return { ...lease, state: 'reserved', attempts: 0 };
}
