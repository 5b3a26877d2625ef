import type { AuditDraft } from '../audit/entry.ts';
import type { OperatorRole } from '../domain/principal.ts';
import type { BreakGlass, OperatorTokenStore } from '../ports/operator-tokens.ts';
import { appendAudit } from './audit-append.ts';
import { addNotice } from './outbox.ts';
import { adminAddresses, lockPeople } from './people-lock.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';

export function createOperatorTokenStore(pool: Pool): OperatorTokenStore {
  return {
    insert: (token, entry, breakGlass) =>
      transaction(pool, (tx) => insert(tx, token, entry, breakGlass)),
    find: async (sha256) => {
      const rows = await query<{ role: OperatorRole }>(
        pool,
        'select role from operator_tokens where sha256 = $1 and expires_at > now_at()',
        [sha256],
      );
      return rows[0]?.role;
    },
    lastBreakGlass: async () => {
      const rows = await query<BreakGlass & Record<string, unknown>>(
        pool,
        `select reason, ms(at) as at from break_glass_uses
         where at > now_at() - interval '1 day' order by at desc limit 1`,
      );
      return rows[0];
    },
  };
}

async function insert(
  tx: Tx,
  token: Parameters<OperatorTokenStore['insert']>[0],
  entry: AuditDraft,
  breakGlass: Parameters<OperatorTokenStore['insert']>[2],
): ReturnType<OperatorTokenStore['insert']> {
  await lockPeople(tx);
  const broken = await somebodyCanSignIn(tx);
  if (broken && !breakGlass) return undefined;
  const rows = await query<{ expires: number }>(
    tx,
    `insert into operator_tokens (id, sha256, role, expires_at)
     values ($1, $2, $3, now_at() + $4 * interval '1 second') returning ms(expires_at) as expires`,
    [token.id, token.sha256, token.role, token.ttlSeconds],
  );
  if (broken && breakGlass) {
    await addNotice(tx, { ...breakGlass.notice, to: await adminAddresses(tx) });
    await query(
      tx,
      'insert into break_glass_uses (token_id, role, reason, at) values ($1, $2, $3, now_at())',
      [token.id, token.role, breakGlass.reason],
    );
  }
  appendAudit(tx, [broken && breakGlass ? breakGlass.entry : entry]);
  return { expiresAt: rows[0]?.expires ?? 0, broken };
}

/** Whether an active operator has a passkey: from then on a token is the exception. */
async function somebodyCanSignIn(tx: Tx): Promise<boolean> {
  const rows = await query(
    tx,
    `select 1 from operators o join passkeys p on p.operator_id = o.id and p.removed_at is null
     where o.state = 'active' limit 1`,
  );
  return rows.length > 0;
}
