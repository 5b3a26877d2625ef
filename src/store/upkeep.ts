import { formatId, type IdKind } from '../domain/ids.ts';
import type { Upkeep } from '../ports/upkeep.ts';
import { type Pool, query } from './pool.ts';

const PAGE = 500;
const DAY_MS = 86_400_000;

interface Leaving {
  readonly table: string;
  readonly key: string;
  readonly where: string;
  /** Records by age: their ids begin with the time, so `id < $1` is a range of the primary key. */
  readonly olderThan?: IdKind;
}

/** Rows that may leave. Nothing lives longer than eight hours, so age by id means long ended. */
const LEAVING: readonly Leaving[] = [
  {
    table: 'used_jtis',
    key: 'client_id, jti',
    where: "expires_at < now_at() - interval '10 minutes'",
  },
  { table: 'idempotency', key: 'principal, operation, key', where: 'expires_at < now_at()' },
  { table: 'operator_tokens', key: 'id', where: "expires_at < now_at() - interval '1 day'" },
  { table: 'break_glass_uses', key: 'token_id', where: "at < now_at() - interval '2 days'" },
  { table: 'ceremonies', key: 'id', where: 'expires_at < now_at()' },
  {
    table: 'approval_challenges',
    key: 'id',
    where: "expires_at < now_at() - interval '1 day'",
  },
  // An answer to a poll is worth nothing once the task is over.
  { table: 'approval_polls', key: 'sha256', where: "created_at < now_at() - interval '1 day'" },
  { table: 'links', key: 'id', where: "expires_at < now_at() - interval '30 days'" },
  { table: 'sessions', key: 'id', where: "expires_at < now_at() - interval '1 day'" },
  { table: 'feed', key: 'epoch', where: "at < now_at() - interval '1 hour'" },
  // Nothing minted before is alive by then.
  {
    table: 'proof_cuts',
    key: 'agent_id, version, kind',
    where: "at < now_at() - interval '1 day'",
  },
  { table: 'tokens', key: 'jti', where: 'jti < $1', olderThan: 'token' },
  { table: 'leases', key: 'id', where: "id < $1 and state = 'revoked'", olderThan: 'lease' },
  {
    table: 'sandbox_clones',
    key: 'lease_id',
    // The lease has left, or was never reserved.
    where:
      "created_at < now_at() - interval '1 day' and not exists (select from leases l where l.id = sandbox_clones.lease_id)",
  },
  { table: 'notices', key: 'id', where: 'id < $1', olderThan: 'notice' },
  // Its polls and votes go with it; the audit keeps what was signed.
  {
    table: 'approvals',
    key: 'id',
    where: "id < $1 and state not in ('pending', 'approved')",
    olderThan: 'approval',
  },
  {
    table: 'operations',
    key: 'id',
    where: 'id < $1 and ended_at is not null',
    olderThan: 'operation',
  },
  { table: 'grants', key: 'id', where: 'id < $1', olderThan: 'grant' },
  { table: 'tasks', key: 'id', where: 'id < $1 and ended_at is not null', olderThan: 'task' },
  {
    table: 'sandbox_templates',
    key: 'id',
    where:
      "id < $1 and state = 'dropped' and not exists (select from sandbox_clones c where c.template_id = sandbox_templates.id)",
    olderThan: 'template',
  },
];

export function createUpkeep(pool: Pool): Upkeep {
  return {
    removeRetired: (days, pages) => removeRetired(pool, days, pages),
    raiseHighWater: async () => {
      await query(
        pool,
        `update high_water set at = clock_timestamp()
         where at < clock_timestamp() - interval '1 second'`,
      );
    },
  };
}

/** Deletes 500 rows a statement, so that nobody waits long; at most `pages` of each table. */
async function removeRetired(pool: Pool, days: number, pages: number): Promise<void> {
  const [clock] = await query<{ now: number }>(pool, 'select ms(now_at()) as now');
  const before = Math.max(0, (clock?.now ?? 0) - days * DAY_MS);
  for (const { table, key, where, olderThan } of LEAVING) {
    const values = olderThan ? [formatId(olderThan, before, new Uint8Array(10))] : [];
    for (let page = 0; page < pages; page += 1) {
      const rows = await query(
        pool,
        `delete from ${table} where (${key}) in
           (select ${key} from ${table} where ${where} limit ${PAGE}) returning 1`,
        values,
      );
      if (rows.length < PAGE) break;
    }
  }
}
