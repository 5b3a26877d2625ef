import type { OperatorRole } from '../domain/principal.ts';
import type { OperatorTokenStore } from '../ports/operator-tokens.ts';
import { appendAudit } from './audit-append.ts';
import { type Pool, query, transaction } from './pool.ts';

export function createOperatorTokenStore(pool: Pool): OperatorTokenStore {
  return {
    insert: (token, entry) =>
      transaction(pool, async (tx) => {
        const rows = await query<{ expires: number }>(
          tx,
          `insert into operator_tokens (id, sha256, role, expires_at)
           values ($1, $2, $3, now_at() + $4 * interval '1 second') returning ms(expires_at) as expires`,
          [token.id, token.sha256, token.role, token.ttlSeconds],
        );
        appendAudit(tx, [entry]);
        return { expiresAt: rows[0]?.expires ?? 0 };
      }),
    find: async (sha256) => {
      const rows = await query<{ role: OperatorRole }>(
        pool,
        'select role from operator_tokens where sha256 = $1 and expires_at > now_at()',
        [sha256],
      );
      return rows[0]?.role;
    },
  };
}
