import type { AuditDraft } from '../audit/entry.ts';
import type { Approval } from '../domain/approval.ts';
import type { ApprovalRequest, RequestedApproval } from '../ports/approvals.ts';
import { APPROVAL_COLUMNS, toApproval } from './approval-rows.ts';
import { appendAudit } from './audit-append.ts';
import { insertTask } from './tasks.ts';
import { judgeRequest, readStanding } from './ledger-standing.ts';
import { addNotice } from './outbox.ts';
import { query, send, type Tx } from './pool.ts';
import { wake } from './wakeup.ts';

/** Ways to poll one approval may have; a client that asks again for what is pending gets another. */
const MOST_POLLS = 10;
/**
 * Everybody who may answer is told of each: whoever asks and withdraws in turn must not tell them for ever. So
 * many times the pending ones may be asked in this time and end without an answer.
 */
const MOST_UNANSWERED = 3;
const RECENT_SECONDS = 600;

/**
 * Asks, in one transaction under the gate: marks the assertion, judges agent, task, stops and bundle as a
 * mint does, opens the task, and keeps the question, or finds that it is pending already.
 */
export async function requestApproval(
  tx: Tx,
  request: ApprovalRequest,
): Promise<RequestedApproval> {
  const refused = await refusal(tx, request);
  if (refused) {
    const reason = refused.kind === 'stopped' ? `stopped:${refused.stopId}` : refused.kind;
    const isTold = refused.kind !== 'replayed' && refused.kind !== 'changed';
    if (isTold && request.refusal) appendAudit(tx, [request.refusal(reason)]);
    return refused;
  }
  const { approval: wanted } = request;
  const asker = wanted.agentId ?? wanted.authorId ?? '';
  // One after the other for each asker: the limit holds for two at once as well.
  await query(tx, `select pg_advisory_xact_lock(hashtext('countersign.approvals'), hashtext($1))`, [
    asker,
  ]);
  const entries: AuditDraft[] = [];
  const found = await findPending(tx, request, asker, entries);
  if (!found && (await isFull(tx, asker, request.limit))) {
    if (request.refusal) entries.push(request.refusal('approval_limit'));
    if (entries.length > 0) appendAudit(tx, entries);
    return { kind: 'too_many', limit: request.limit };
  }
  if (!found && request.open) {
    insertTask(tx, request.open.task);
    entries.push(request.open.entry);
  }
  const approval = found ?? (await insert(tx, request));
  if (request.poll) addPoll(tx, approval.id, request.poll);
  if (!found) {
    entries.push(request.entry(approval.expiresAt));
    await addNotice(tx, request.notice);
    wake(tx, [`approval:${approval.id}`]);
  }
  if (entries.length > 0) appendAudit(tx, entries);
  return { kind: 'pending', approval, again: found !== undefined };
}

async function refusal(
  tx: Tx,
  { approval, agentVersion, assertion, open }: ApprovalRequest,
): Promise<Exclude<RequestedApproval, { kind: 'pending' | 'too_many' }> | undefined> {
  const { agentId, taskId, bundleVersion, resources } = approval;
  if (agentId === undefined || agentVersion === undefined) {
    const [gate] = await query<{ v: number | null }>(
      tx,
      'select bundle_version::int as v from gate',
    );
    return gate?.v === bundleVersion ? undefined : { kind: 'changed' };
  }
  const continued = open || taskId === undefined ? {} : { task: { continue: taskId } };
  const asked = { assertion, agentId, agentVersion, bundleVersion, resources, ...continued };
  const outcome = judgeRequest(asked, await readStanding(tx, [asked]));
  return outcome.kind === 'committed' || outcome.kind === 'approval_over' ? undefined : outcome;
}

/** The same question, if it is pending; one that is past its time is marked and asked anew. */
async function findPending(
  tx: Tx,
  { approval }: ApprovalRequest,
  asker: string,
  entries: AuditDraft[],
): Promise<Approval | undefined> {
  const [row] = await query<Record<string, unknown> & { id: string; live: boolean }>(
    tx,
    `select ${APPROVAL_COLUMNS}, a.terms_digest = $4 and a.expires_at > now_at() as live
     from approvals a where coalesce(agent_id, author_id) = $1 and coalesce(task_id, '') = $2
       and operation_digest = $3
       and (state = 'pending' or (state = 'approved' and kind = 'grant' and terms_digest = $4
                                  and expires_at > now_at()))
     order by state desc limit 1 for update`,
    [asker, approval.taskId ?? '', approval.operationDigest, approval.termsDigest],
  );
  if (!row) return undefined;
  const { live, ...found } = row;
  if (live) return toApproval(found);
  // Its time is over, or it was asked on other terms.
  const over = await query<{ state: 'expired' | 'superseded' }>(
    tx,
    `update approvals set decided_at = now_at(),
       state = case when expires_at <= now_at() then 'expired' else 'superseded' end,
       end_reason = case when expires_at <= now_at() then 'expired' else 'the terms changed' end
     where id = $1 returning state`,
    [row.id],
  );
  const state = over[0]?.state ?? 'expired';
  entries.push({
    actor: 'broker',
    action: `approval.${state}`,
    subject: row.id,
    detail: { reason: state === 'expired' ? 'expired' : 'the terms changed' },
  });
  wake(tx, [`approval:${row.id}`]);
  return undefined;
}

async function isFull(tx: Tx, asker: string, limit: number): Promise<boolean> {
  const [row] = await query<{ pending: number; recent: number }>(
    tx,
    `select count(*) filter (where state = 'pending' and expires_at > now_at())::int as pending,
       count(*) filter (where created_at > now_at() - interval '${RECENT_SECONDS} seconds')::int as recent
     from approvals where coalesce(agent_id, author_id) = $1
       and state in ('pending', 'withdrawn', 'superseded', 'expired')
       and created_at > now_at() - interval '1 day'`,
    [asker],
  );
  const { pending = 0, recent = 0 } = row ?? {};
  return pending >= limit || recent >= limit * MOST_UNANSWERED;
}

async function insert(tx: Tx, { approval, ttlMs }: ApprovalRequest): Promise<Approval> {
  const [row] = await query<Record<string, unknown>>(
    tx,
    `insert into approvals as a (id, kind, state, agent_id, task_id, author_id, operation,
       operation_digest, terms, terms_digest, requirements, resources, bundle_version, card,
       created_at, expires_at)
     values ($1, $2, 'pending', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now_at(),
       date_trunc('milliseconds', now_at() + $14 * interval '1 ms')) returning ${APPROVAL_COLUMNS}`,
    [
      approval.id,
      approval.kind,
      approval.agentId ?? null,
      approval.taskId ?? null,
      approval.authorId ?? null,
      approval.operation,
      approval.operationDigest,
      approval.terms,
      approval.termsDigest,
      JSON.stringify(approval.requirements),
      approval.resources,
      approval.bundleVersion,
      JSON.stringify(approval.card),
      ttlMs,
    ],
  );
  return toApproval(row ?? {});
}

/** Adds a way to poll; the oldest ways beyond the bound go. */
function addPoll(
  tx: Tx,
  approvalId: string,
  { sha256, intervalSeconds }: NonNullable<ApprovalRequest['poll']>,
): void {
  send(
    tx,
    `delete from approval_polls where sha256 in (select sha256 from approval_polls
       where approval_id = $1 order by created_at desc offset ${MOST_POLLS - 1})`,
    [approvalId],
  );
  send(tx, 'insert into approval_polls (sha256, approval_id, interval_s) values ($1, $2, $3)', [
    sha256,
    approvalId,
    intervalSeconds,
  ]);
}
