import type { WrappedMasterKey, WrappedMasterKeyStore } from '../ports/keys.ts';
import { type Pool, query, transaction } from './pool.ts';

interface Row extends WrappedMasterKey {
  [column: string]: unknown;
}

export function createWrappedMasterKeyStore(pool: Pool): WrappedMasterKeyStore {
  return {
    current: async () => {
      const rows = await query<Row>(
        pool,
        `select id, wrapped_by as "wrappedBy", wrapped from wrapped_master_keys
         order by created_at desc limit 1`,
      );
      return rows[0];
    },
    insertFirst: (key) =>
      transaction(pool, async (tx) => {
        // Two brokers starting at once on an empty store: one makes the key, the other sees it.
        await query(
          tx,
          "select pg_advisory_xact_lock(hashtext('countersign.wrapped_master_keys'))",
        );
        await query(
          tx,
          `insert into wrapped_master_keys (id, wrapped_by, wrapped)
           select $1, $2, $3 where not exists (select from wrapped_master_keys)`,
          [key.id, key.wrappedBy, key.wrapped],
        );
      }),
  };
}
