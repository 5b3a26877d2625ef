import type { AuditDraft } from '../audit/entry.ts';
import type { SecretListing, SecretRows } from '../ports/secrets.ts';
import { appendAudit } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';

/**
 * Stands in the newest row of a deleted secret, so that a name set again goes on counting:
 * connections are kept by generation.
 */
const DELETED = '';

interface ListingRow extends SecretListing {
  [column: string]: unknown;
}

export function createSecretRows(pool: Pool): SecretRows {
  return {
    latest: async (name) => {
      const rows = await query<{ generation: number; sealed: string }>(
        pool,
        `select generation::float8 as generation, sealed from secrets where name = $1
         order by generation desc limit 1`,
        [name],
      );
      return rows[0]?.sealed === DELETED ? undefined : rows[0];
    },
    insertNext: (name, at) => transaction(pool, (tx) => insertNext(tx, name, at)),
    list: () =>
      query<ListingRow>(
        pool,
        `select name, max(generation)::float8 as generation, ms(max(created_at)) as "createdAt"
         from secrets where sealed <> $1 group by name order by name`,
        [DELETED],
      ),
    delete: (name, entry) => transaction(pool, (tx) => remove(tx, name, entry)),
  };
}

async function insertNext(
  tx: Tx,
  name: string,
  at: Parameters<SecretRows['insertNext']>[1],
): Promise<number> {
  // The gate puts writers in line, so two never take the same generation.
  await lockGate(tx);
  const { next } = await newest(tx, name);
  const { sealed, entry } = at(next);
  await replace(tx, name, next, sealed);
  appendAudit(tx, [entry]);
  return next;
}

async function remove(tx: Tx, name: string, entry: AuditDraft): Promise<boolean> {
  await lockGate(tx);
  const { next, set } = await newest(tx, name);
  if (!set) return false;
  await replace(tx, name, next, DELETED);
  appendAudit(tx, [entry]);
  return true;
}

async function newest(tx: Tx, name: string): Promise<{ next: number; set: boolean }> {
  const [row] = await query<{ generation: number; sealed: string }>(
    tx,
    `select generation::float8 as generation, sealed from secrets where name = $1
     order by generation desc limit 1`,
    [name],
  );
  return { next: (row?.generation ?? 0) + 1, set: row !== undefined && row.sealed !== DELETED };
}

/** Only the newest row stays: an old root credential is of use to thieves only. */
async function replace(tx: Tx, name: string, generation: number, sealed: string): Promise<void> {
  await query(tx, 'insert into secrets (name, generation, sealed) values ($1, $2, $3)', [
    name,
    generation,
    sealed,
  ]);
  await query(tx, 'delete from secrets where name = $1 and generation < $2', [name, generation]);
  await announce(tx, [{ kind: 'secret', target: name }]);
}
