import type { AuditDraft } from '../audit/entry.ts';
import type { ApprovalFilter, ApprovalStore } from '../ports/approvals.ts';
import { appendAudit } from './audit-append.ts';
import { endApprovalsBelow, expireApprovals } from './approval-endings.ts';
import { requestApproval } from './approval-request.ts';
import { SELECT_VOTED, toVoted, type VotedRow } from './approval-rows.ts';
import { HOLD_GATE } from './feed-event.ts';
import { type Pool, query, transaction } from './pool.ts';
import { wake } from './wakeup.ts';

/** @param narrowing the small pool that what ends something goes through */
export function createApprovalStore(pool: Pool, narrowing: Pool): ApprovalStore {
  return {
    request: (request) => transaction(pool, (tx) => requestApproval(tx, request), HOLD_GATE),
    find: async (id) => {
      const [row] = await query<VotedRow>(pool, `${SELECT_VOTED} where a.id = $1`, [id]);
      return row && toVoted(row);
    },
    list: (filter) => list(pool, filter),
    end: (id, to, reason, entry) => end(narrowing, id, { to, reason, entry }),
    endBelow: (target, reason, actor) => endApprovalsBelow(narrowing, target, reason, actor),
    expire: () => expireApprovals(narrowing),
  };
}

async function list(pool: Pool, filter: ApprovalFilter) {
  const values: unknown[] = [filter.limit];
  const conditions = ['true'];
  const add = (condition: string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(`${condition} $${values.length}`);
  };
  add('a.id <', filter.before);
  add('a.kind =', filter.kind);
  add('a.agent_id =', filter.agentId);
  add('a.task_id =', filter.taskId);
  add('a.state =', filter.state);
  // Past its time it is expired, whether or not the job said so yet.
  if (filter.state === 'pending' || filter.state === 'approved') {
    conditions.push('a.expires_at > now_at()');
  }
  const where = conditions.join(' and ');
  const rows = await query<VotedRow>(
    pool,
    `${SELECT_VOTED} where ${where} order by a.id desc limit $1`,
    values,
  );
  return rows.map(toVoted);
}

function end(
  pool: Pool,
  id: string,
  { to, reason, entry }: { to: string; reason: string; entry: AuditDraft },
): Promise<boolean> {
  return transaction(pool, async (tx) => {
    const rows = await query(
      tx,
      `update approvals set state = $2, end_reason = $3, decided_at = coalesce(decided_at, now_at())
       where id = $1 and state in ('pending', 'approved') and expires_at > now_at() returning id`,
      [id, to, reason],
    );
    if (rows.length === 0) return false;
    wake(tx, [`approval:${id}`]);
    appendAudit(tx, [entry]);
    return true;
  });
}
