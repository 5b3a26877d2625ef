import { notFound } from '../domain/errors.ts';
import type { SecretListing, SecretRows } from '../ports/secrets.ts';
import { appendAudit } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { one, type Pool, query, transaction } from './pool.ts';

interface ListingRow extends SecretListing {
  [column: string]: unknown;
}

/** What a deleted secret leaves behind, so that its generations go on counting: nothing sealed is empty. */
const DELETED = '';

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
    insertNext: (name, at) =>
      transaction(pool, async (tx) => {
        // The gate puts writers in line, so two never take the same generation.
        await lockGate(tx);
        const rows = await query<{ next: number }>(
          tx,
          `select (coalesce(max(generation), 0) + 1)::float8 as next from secrets where name = $1`,
          [name],
        );
        const { next } = one(rows, () => notFound('Secret'));
        const { sealed, entry } = at(next);
        await query(tx, 'insert into secrets (name, generation, sealed) values ($1, $2, $3)', [
          name,
          next,
          sealed,
        ]);
        // Only the newest is ever used, and an old root credential is of use to thieves only.
        await query(tx, 'delete from secrets where name = $1 and generation < $2', [name, next]);
        await announce(tx, [{ kind: 'secret', target: name }]);
        await appendAudit(tx, [entry]);
        return next;
      }),
    list: () =>
      query<ListingRow>(
        pool,
        `select name, max(generation)::float8 as generation, ms(max(created_at)) as "createdAt"
         from secrets where sealed <> $1 group by name order by name`,
        [DELETED],
      ),
    delete: (name, entry) =>
      transaction(pool, async (tx) => {
        await lockGate(tx);
        const rows = await query<{ generation: number }>(
          tx,
          'delete from secrets where name = $1 and sealed <> $2 returning generation::float8 as generation',
          [name, DELETED],
        );
        if (!rows[0]) return false;
        await query(tx, 'insert into secrets (name, generation, sealed) values ($1, $2, $3)', [
          name,
          rows[0].generation,
          DELETED,
        ]);
        await announce(tx, [{ kind: 'secret', target: name }]);
        await appendAudit(tx, [entry]);
        return true;
      }),
  };
}
