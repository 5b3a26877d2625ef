import type { IdempotencyScope, IdempotencyStart, IdempotencyStore } from '../ports/idempotency.ts';
import { type Pool, query } from './pool.ts';

/** How long a running request may hold its key before it counts as crashed. */
const RUNNING = "interval '60 seconds'";

export function createIdempotencyStore(pool: Pool): IdempotencyStore {
  const id = (scope: IdempotencyScope) => [scope.principal, scope.operation, scope.key];
  return {
    begin: (scope, bodySha256) => begin(pool, scope, bodySha256),
    reopen: async (scope, reference) => {
      const rows = await query(
        pool,
        `update idempotency set reference = null, created_at = now_at()
         where principal = $1 and operation = $2 and key = $3 and reference = $4 returning key`,
        [...id(scope), reference],
      );
      return rows.length > 0;
    },
    finish: async (scope, reference) => {
      await query(
        pool,
        `update idempotency set reference = $4
         where principal = $1 and operation = $2 and key = $3`,
        [...id(scope), reference],
      );
    },
    abandon: async (scope) => {
      await query(
        pool,
        `delete from idempotency
         where principal = $1 and operation = $2 and key = $3 and reference is null`,
        id(scope),
      );
    },
  };
}

async function begin(
  pool: Pool,
  scope: IdempotencyScope,
  bodySha256: string,
): Promise<IdempotencyStart> {
  const key = [scope.principal, scope.operation, scope.key];
  const made = await query(
    pool,
    `insert into idempotency (principal, operation, key, body_sha256, created_at, expires_at)
     values ($1, $2, $3, $4, now_at(), now_at() + interval '1 day')
     on conflict (principal, operation, key) do update
       set body_sha256 = excluded.body_sha256, reference = null,
           created_at = excluded.created_at, expires_at = excluded.expires_at
       where idempotency.expires_at <= now_at()
          or (idempotency.reference is null and idempotency.created_at <= now_at() - ${RUNNING})
     returning key`,
    [...key, bodySha256],
  );
  if (made.length > 0) return { kind: 'new' };
  const rows = await query<{ body: string; reference: string | null }>(
    pool,
    `select body_sha256 as body, reference from idempotency
     where principal = $1 and operation = $2 and key = $3`,
    key,
  );
  const row = rows[0];
  if (!row) return { kind: 'running' };
  if (row.body !== bodySha256) return { kind: 'mismatch' };
  return row.reference === null
    ? { kind: 'running' }
    : { kind: 'repeat', reference: row.reference };
}
