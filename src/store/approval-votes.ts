import type { AuditDraft } from '../audit/entry.ts';
import type {
  ApprovalChallenge,
  ApprovalVotes,
  NewVote,
  Verdict,
  VotedApproval,
} from '../ports/approvals.ts';
import { SELECT_VOTED, toVoted, type VotedRow } from './approval-rows.ts';
import { appendAudit } from './audit-append.ts';
import { addNotice } from './outbox.ts';
import { usePasskey } from './passkeys.ts';
import { type Pool, query, send, type Tx, transaction } from './pool.ts';
import { wake } from './wakeup.ts';

export function createApprovalVotes(pool: Pool): ApprovalVotes {
  return {
    addChallenge: (challenge, expiresAt) => addChallenge(pool, challenge, expiresAt),
    findChallenge: async (id) => {
      const [row] = await query<ChallengeRow>(
        pool,
        `select id, operator_id as "operatorId", session_id as "sessionId", decision, items, nonce,
           ms(expires_at) as "expiresAt", used_at is not null or expires_at <= now_at() as over
         from approval_challenges where id = $1`,
        [id],
      );
      return row;
    },
    answer: (votes, use, judge) => transaction(pool, (tx) => answer(tx, votes, use, judge)),
  };
}

interface ChallengeRow extends ApprovalChallenge, Record<string, unknown> {
  over: boolean;
}

async function addChallenge(
  pool: Pool,
  challenge: Omit<ApprovalChallenge, 'over'>,
  limit: number,
): Promise<boolean> {
  const rows = await query(
    pool,
    `insert into approval_challenges (id, operator_id, session_id, decision, items, nonce, expires_at)
     select $1, $2, $3, $4, $5, $6, at($7)
     where (select count(*) from approval_challenges
            where operator_id = $2 and used_at is null and expires_at > now_at()) < $8
     returning id`,
    [
      challenge.id,
      challenge.operatorId,
      challenge.sessionId,
      challenge.decision,
      JSON.stringify(challenge.items),
      challenge.nonce,
      challenge.expiresAt,
      limit,
    ],
  );
  return rows.length > 0;
}

async function answer(
  tx: Tx,
  votes: readonly NewVote[],
  use: Parameters<ApprovalVotes['answer']>[1],
  judge: (vote: NewVote, now: VotedApproval) => Verdict,
): Promise<readonly VotedApproval[] | undefined> {
  const [operatorId = ''] = votes.map((vote) => vote.operatorId);
  if (use && !(await useChallenge(tx, use.challengeId))) return undefined;
  if (use && !(await usePasskey(tx, operatorId, use.passkey))) return undefined;
  const ids = votes.map(({ approvalId }) => approvalId);
  // In one order, so that two answers about the same approvals wait for each other instead of dying.
  await query(tx, 'select from approvals where id = any ($1) order by id for update', [ids]);
  const before = await read(tx, ids);
  const entries: AuditDraft[] = [];
  for (const vote of votes) {
    const now = before.get(vote.approvalId);
    if (!now) continue;
    const verdict = judge(vote, now);
    if (verdict.keep) keep(tx, vote);
    if (verdict.state) move(tx, vote.approvalId, verdict);
    if (verdict.notice) await addNotice(tx, verdict.notice);
    if (verdict.keep || verdict.state) wake(tx, [`approval:${vote.approvalId}`]);
    entries.push(...verdict.entries);
  }
  const after = await read(tx, ids);
  if (entries.length > 0) appendAudit(tx, entries);
  return ids.flatMap((id) => after.get(id) ?? []);
}

async function useChallenge(tx: Tx, id: string): Promise<boolean> {
  const rows = await query(
    tx,
    `update approval_challenges set used_at = now_at()
     where id = $1 and used_at is null and expires_at > now_at() returning id`,
    [id],
  );
  return rows.length > 0;
}

async function read(tx: Tx, ids: readonly string[]): Promise<Map<string, VotedApproval>> {
  const rows = await query<VotedRow>(tx, `${SELECT_VOTED} where a.id = any ($1)`, [ids]);
  return new Map(rows.map(toVoted).map((voted) => [voted.approval.id, voted]));
}

function keep(tx: Tx, vote: NewVote): void {
  send(
    tx,
    `insert into approval_votes (approval_id, operator_id, person, decision, at, reason, challenge,
       credential_id, assertion) values ($1, $2, $3, $4, now_at(), $5, $6, $7, $8)`,
    [
      vote.approvalId,
      vote.operatorId,
      vote.person,
      vote.decision,
      vote.reason ?? null,
      vote.proof ? JSON.stringify(vote.proof.challenge) : null,
      vote.proof?.credentialId ?? null,
      vote.proof ? JSON.stringify(vote.proof.assertion) : null,
    ],
  );
}

function move(tx: Tx, id: string, verdict: Verdict): void {
  send(
    tx,
    `update approvals set state = $2, end_reason = $3, decided_at = now_at()
     where id = $1 and state = 'pending'`,
    [id, verdict.state, verdict.endReason ?? null],
  );
}
