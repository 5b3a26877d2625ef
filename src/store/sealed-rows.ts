import type { MasterKeyState, SealedRow, SealedRows } from '../ports/sealed-rows.ts';
import { appendAudit } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';

/** Where boxes lie, and what each is bound to; a column named `sealed` that is not here fails a test. */
export const SEALED_COLUMNS = {
  signing_keys: "'signing-key:' || kid || ':' || alg",
  subject_keys: "'subject-key:' || kid",
  secrets: "'secret:' || name || ':' || generation",
  root_rotations: "'secret:' || name || ':' || generation",
  operations: "'operation:' || id",
  operation_results: "'operation-result:' || operation_id",
} as const;

const TABLES = Object.entries(SEALED_COLUMNS);

/** Every box of the local form, whatever table it is in. `$1`: the key it is not under. */
const OTHERS = TABLES.map(
  ([table, context]) =>
    `select ${context} as context, sealed as box from ${table}
     where sealed like 'cs1.%' and sealed not like 'cs1.' || $1 || '.%'`,
).join('\nunion all\n');

interface StateRow extends Record<string, unknown> {
  keyId: string | null;
  since: number;
  settled: boolean;
}

export function createSealedRows(pool: Pool): SealedRows {
  return {
    masterKey: () => state(pool),
    adopt: async (keyId) => {
      await query(pool, 'update master_key set key_id = $1 where key_id is null', [keyId]);
    },
    switchTo: (keyId, entry) => transaction(pool, (tx) => switchTo(tx, keyId, entry)),
    page: (keyId, after, limit) =>
      query<SealedRow & Record<string, unknown>>(
        pool,
        `select context, box from (${OTHERS}) as others
         where context collate "C" > $2 order by context collate "C" limit $3`,
        [keyId, after, limit],
      ),
    replace: (rows) => transaction(pool, (tx) => replace(tx, rows)),
    countOthers: async (keyId) => {
      const sql = `select count(*)::float8 as count from (${OTHERS}) as others`;
      return (await query<{ count: number }>(pool, sql, [keyId]))[0]?.count ?? 0;
    },
    settle: (keyId, entry) =>
      transaction(pool, async (tx) => {
        const settled = await query(
          tx,
          `update master_key set settled_at = clock_timestamp()
           where key_id = $1 and settled_at is null returning key_id`,
          [keyId],
        );
        if (settled.length > 0) appendAudit(tx, [entry]);
      }),
  };
}

async function state(db: Pool | Tx): Promise<MasterKeyState> {
  const [row] = await query<StateRow>(
    db,
    `select key_id as "keyId", ms(since) as since, settled_at is not null as settled
     from master_key`,
  );
  const { keyId, since, settled } = row ?? { keyId: null, since: 0, settled: true };
  return { keyId: keyId ?? undefined, since, settled };
}

async function switchTo(
  tx: Tx,
  keyId: string,
  entry: Parameters<SealedRows['switchTo']>[1],
): Promise<boolean> {
  await lockGate(tx);
  const { keyId: from } = await state(tx);
  if (from === keyId) return false;
  // Waits for every transaction that is storing a box: see the trigger of migration 0007.
  await query(
    tx,
    'update master_key set key_id = $1, since = clock_timestamp(), settled_at = null',
    [keyId],
  );
  await announce(tx, [{ kind: 'master_key', target: keyId }]);
  appendAudit(tx, [entry(from)]);
  return true;
}

async function replace(
  tx: Tx,
  rows: readonly (SealedRow & { readonly next: string })[],
): Promise<number> {
  const values = [
    rows.map((row) => row.context),
    rows.map((row) => row.box),
    rows.map((row) => row.next),
  ];
  let replaced = 0;
  for (const [table, context] of TABLES) {
    const done = await query(
      tx,
      `update ${table} as t set sealed = n.next
       from unnest($1::text[], $2::text[], $3::text[]) as n(context, box, next)
       where ${context} = n.context and t.sealed = n.box returning 1`,
      values,
    );
    replaced += done.length;
  }
  return replaced;
}
