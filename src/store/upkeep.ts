import type { Upkeep } from '../ports/upkeep.ts';
import { type Pool, query } from './pool.ts';

const PAGE = 500;

/** Rows that may leave, and when: ended records after `retention`, the rest when they are of no use. */
const LEAVING = (days: string): readonly { table: string; key: string; where: string }[] => [
  {
    table: 'used_jtis',
    key: '(client_id, jti)',
    where: "expires_at < now_at() - interval '10 minutes'",
  },
  { table: 'idempotency', key: '(principal, operation, key)', where: 'expires_at < now_at()' },
  { table: 'operator_tokens', key: '(id)', where: "expires_at < now_at() - interval '1 day'" },
  { table: 'feed', key: '(epoch)', where: "at < now_at() - interval '1 hour'" },
  { table: 'tokens', key: '(jti)', where: `expires_at < now_at() - ${days}` },
  { table: 'leases', key: '(id)', where: `state = 'revoked' and ended_at < now_at() - ${days}` },
  { table: 'grants', key: '(id)', where: `ended_at < now_at() - ${days}` },
];

export function createUpkeep(pool: Pool): Upkeep {
  return {
    removeRetired: (days, pages) => removeRetired(pool, days, pages),
    raiseHighWater: () => raiseHighWater(pool),
  };
}

/**
 * Deletes what retention lets go, 500 rows a statement so that nobody waits long.
 * @param pagesPerTable bound of one round; the rest goes in the next
 */
async function removeRetired(
  pool: Pool,
  retentionDays: number,
  pagesPerTable: number,
): Promise<void> {
  for (const { table, key, where } of LEAVING(`interval '${Math.trunc(retentionDays)} days'`)) {
    for (let page = 0; page < pagesPerTable; page += 1) {
      const rows = await query(
        pool,
        `delete from ${table} where ${key} in
           (select ${key.slice(1, -1)} from ${table} where ${where} limit ${PAGE}) returning 1`,
      );
      if (rows.length < PAGE) break;
    }
  }
}

/** Moves the high-water mark of time, below which the store's clock can no longer go. */
async function raiseHighWater(pool: Pool): Promise<void> {
  await query(
    pool,
    "update high_water set at = clock_timestamp() where at < clock_timestamp() - interval '1 second'",
  );
}
