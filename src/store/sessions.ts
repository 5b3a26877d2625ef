import type { AuditDraft } from '../audit/entry.ts';
import type { NewSession, PasskeyUse, SessionStore } from '../ports/sessions.ts';
import { appendAudit, narrowing } from './audit-append.ts';
import { usePasskey } from './passkeys.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';
import { OPERATOR_COLUMNS, SESSION_COLUMNS, toOperator, toSession } from './rows.ts';

/** Seconds without a request after which a session ends, and seconds it lives at most. */
const IDLE_SECONDS = 30 * 60;
const LONGEST_SECONDS = 12 * 3600;

const LIVE = `s.ended_at is null and s.expires_at > now_at()
  and s.seen_at > now_at() - interval '${IDLE_SECONDS} seconds'`;

export function createSessionStore(pool: Pool): SessionStore {
  return {
    find: (sha256) => find(pool, sha256),
    signIn: (session, use, entry) =>
      transaction(pool, async (tx) => {
        if (!(await usePasskey(tx, session.operatorId, use))) return false;
        await insertSession(tx, session, true);
        appendAudit(tx, [entry]);
        return true;
      }),
    stepUp: (to, use, entry) => transaction(pool, (tx) => stepUp(tx, to, use, entry)),
    listOf: async (operatorId) => {
      const rows = await query(
        pool,
        `select ${SESSION_COLUMNS} from sessions s where s.operator_id = $1 and ${LIVE}
         order by s.id desc`,
        [operatorId],
      );
      return rows.map(toSession);
    },
    owner: async (id) => {
      const sql = `select s.operator_id as owner from sessions s where s.id = $1 and ${LIVE}`;
      return (await query<{ owner: string }>(pool, sql, [id]))[0]?.owner;
    },
    end: (id, reason, entry) => end(pool, id, reason, entry),
  };
}

interface Found extends Record<string, unknown> {
  readonly session: Record<string, unknown>;
  readonly operator: Record<string, unknown>;
  readonly due: boolean;
}

async function find(pool: Pool, sha256: Buffer): ReturnType<SessionStore['find']> {
  const [found] = await query<Found>(
    pool,
    `select row_to_json(x) as session, row_to_json(y) as operator,
       s.seen_at < now_at() - interval '1 minute' as due
     from sessions s join operators o on o.id = s.operator_id,
       lateral (select ${SESSION_COLUMNS}) x, lateral (select ${OPERATOR_COLUMNS}) y
     where s.sha256 = $1 and o.state = 'active' and ${LIVE}`,
    [sha256],
  );
  if (!found) return undefined;
  const session = toSession(found.session);
  // Once a minute is often enough to know whether it is idle.
  if (found.due)
    await query(pool, 'update sessions set seen_at = now_at() where id = $1', [session.id]);
  return { session, operator: toOperator(found.operator) };
}

/** @param steppedUp by a passkey, which is a step-up as well */
export async function insertSession(
  tx: Tx,
  session: NewSession,
  steppedUp: boolean,
): Promise<void> {
  if (session.replaces) {
    await query(
      tx,
      `update sessions set ended_at = now_at(), end_reason = 'replaced'
       where sha256 = $1 and ended_at is null`,
      [session.replaces],
    );
  }
  await query(
    tx,
    `insert into sessions (id, sha256, csrf, operator_id, method, passkey_id, address, user_agent,
       created_at, seen_at, expires_at, stepped_up_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, now_at(), now_at(),
       now_at() + interval '${LONGEST_SECONDS} seconds', case when $9 then now_at() end)`,
    [
      session.id,
      session.sha256,
      session.csrf,
      session.operatorId,
      session.method,
      session.passkeyId ?? null,
      session.address,
      session.userAgent,
      steppedUp,
    ],
  );
}

async function stepUp(
  tx: Tx,
  to: { readonly id: string; readonly operatorId: string; readonly sha256: Buffer },
  use: PasskeyUse,
  entry: AuditDraft,
): Promise<boolean> {
  const live = await query(
    tx,
    `select 1 from sessions s where s.id = $1 and s.operator_id = $2 and ${LIVE} for update`,
    [to.id, to.operatorId],
  );
  if (live.length === 0 || !(await usePasskey(tx, to.operatorId, use))) return false;
  await query(tx, 'update sessions set sha256 = $2, stepped_up_at = now_at() where id = $1', [
    to.id,
    to.sha256,
  ]);
  appendAudit(tx, [entry]);
  return true;
}

async function end(
  pool: Pool,
  id: string,
  reason: string,
  entry: AuditDraft,
): Promise<{ found: boolean; unrecorded: readonly AuditDraft[] }> {
  const { result, unrecorded } = await narrowing(pool, async (tx) => {
    const rows = await query(
      tx,
      `update sessions set ended_at = now_at(), end_reason = $2
       where id = $1 and ended_at is null returning id`,
      [id, reason],
    );
    return { result: rows.length > 0, entries: rows.length > 0 ? [entry] : [] };
  });
  return { found: result, unrecorded };
}
