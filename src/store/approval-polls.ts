import type { ApprovalPolls } from '../ports/approvals.ts';
import { SELECT_VOTED, toVoted, type VotedRow } from './approval-rows.ts';
import { type Pool, query } from './pool.ts';

/** Seconds by which the interval grows for whoever polls too fast (CIBA Core §11), and its end. */
const SLOWER = 5;
const SLOWEST = 60;

/**
 * Finds the approval and counts the poll in one statement: of many at once, each sees the one before. What
 * is no longer pending is answered at once, and counted no more.
 */
const POLL = {
  name: 'approval-poll',
  text: `with found as (
       select p.sha256, p.interval_s, p.polled_at, p.approval_id from approval_polls p
       join approvals q on q.id = p.approval_id
       where p.sha256 = $1 and q.agent_id = $2 and q.state = 'pending' and q.expires_at > now_at()
       for update of p),
     counted as (
       update approval_polls p set polled_at = now_at(),
         interval_s = case when f.polled_at > now_at() - f.interval_s * interval '1 second'
                           then least(f.interval_s + ${SLOWER}, ${SLOWEST}) else f.interval_s end
       from found f where p.sha256 = f.sha256
       returning coalesce(f.polled_at > now_at() - f.interval_s * interval '1 second', false) as soon,
         p.interval_s, p.approval_id)
   select v.*, coalesce((select soon from counted), false) as "tooSoon",
     coalesce((select interval_s from counted), p.interval_s) as "intervalSeconds"
   from approval_polls p join lateral (${SELECT_VOTED} where a.id = p.approval_id) v on true
   where p.sha256 = $1 and v."agentId" = $2`,
};

interface PolledRow extends VotedRow {
  tooSoon: boolean;
  intervalSeconds: number;
}

export function createApprovalPolls(pool: Pool): ApprovalPolls {
  return {
    poll: async (sha256, agentId) => {
      const [row] = await query<PolledRow>(pool, POLL, [sha256, agentId]);
      if (!row) return undefined;
      const { tooSoon, intervalSeconds, ...voted } = row;
      return { ...toVoted(voted), tooSoon, intervalSeconds };
    },
  };
}
