import type { AuditDraft } from '../audit/entry.ts';
import type { CascadeStep, EndedStep, Ending, EndingStore, EndTarget } from '../ports/endings.ts';
import { appendOrReturn } from './audit-append.ts';
import { below, targetId } from './below.ts';
import { expireDue } from './expiry.ts';
import { announce, lockGate } from './feed-event.ts';
import { addNotice } from './outbox.ts';
import { OUTWAIT, type Pool, query, type Tx, transaction } from './pool.ts';
import { proofIsGone } from './proofs.ts';
import { liveSince } from './recent.ts';

/** Rows one transaction of a cascade ends at most. */
const STEP = 500;

export function createEndingStore(pool: Pool): EndingStore {
  return {
    begin: (ending) => transaction(pool, (tx) => begin(tx, ending), OUTWAIT),
    step: (ending, entry) => transaction(pool, (tx) => step(tx, ending, entry), OUTWAIT),
    expire: (reservedForMs) => expireDue(pool, reservedForMs),
    unfinished: () => unfinished(pool),
  };
}

async function begin(
  tx: Tx,
  ending: Ending,
): Promise<{ found: boolean; unrecorded: AuditDraft[] }> {
  await lockGate(tx);
  const found = await markRoot(tx, ending);
  if (!found) return { found, unrecorded: [] };
  if (ending.stopId !== undefined) {
    await query(
      tx,
      `insert into stops (id, kind, target, reason, placed_by, placed_at)
       values ($1, $2, $3, $4, $5, now_at())`,
      [ending.stopId, ending.target.kind, targetId(ending.target), ending.reason, ending.actor],
    );
  }
  if (ending.notice) await addNotice(tx, ending.notice);
  await announce(tx, [
    { kind: ending.target.kind, target: targetId(ending.target) },
    ...(ending.stopId === undefined ? [] : [{ kind: 'stop' as const, target: ending.stopId }]),
  ]);
  return { found, unrecorded: await appendOrReturn(tx, ending.entries) };
}

/** Marks the root as ended; already ended still counts as found. */
async function markRoot(tx: Tx, ending: Ending): Promise<boolean> {
  const { target, reason } = ending;
  switch (target.kind) {
    case 'all':
    case 'resource':
      return true;
    case 'agent':
      return touched(
        tx,
        `update agents set state = case state when 'retired' then state else 'suspended' end,
           version = version + 1 where id = $1 returning id`,
        [target.id],
      );
    case 'task':
      return touched(
        tx,
        `update tasks set state = case when ended_at is null then $3 else state end,
           end_reason = coalesce(end_reason, $2), ended_at = coalesce(ended_at, now_at())
         where id = $1 returning id`,
        [target.id, reason, ending.taskState],
      );
    case 'grant':
      return touched(
        tx,
        `update grants set end_reason = coalesce(end_reason, $2),
           ended_at = coalesce(ended_at, now_at()) where id = $1 returning id`,
        [target.id, reason],
      );
    case 'token':
      return touched(
        tx,
        `update tokens set revoked_at = coalesce(revoked_at, now_at()) where jti = $1
         returning jti`,
        [target.id],
      );
    case 'lease':
      return touched(
        tx,
        `with ended as (
           update leases set state = 'revoking', end_reason = $2, revoke_accepted_at = now_at(),
             next_attempt_at = greatest(next_attempt_at, now_at()) where id = $1 and state in ('reserved', 'active') returning id)
         select id from leases where id = $1`,
        [target.id, reason],
      );
  }
}

async function touched(tx: Tx, text: string, values: readonly unknown[]): Promise<boolean> {
  return (await query(tx, text, values)).length > 0;
}

async function step(
  tx: Tx,
  ending: CascadeStep,
  entry: (ended: { grants: number; tokens: number; leases: readonly string[] }) => AuditDraft,
): Promise<EndedStep> {
  const { leases: leasesBelow, ...rows } = below(await liveSince(tx))[ending.target.kind];
  const id = targetId(ending.target);
  const ids = async (text: string, values: readonly unknown[]) =>
    (await query<{ id: string }>(tx, text, values)).map((row) => row.id);
  // Leases first (what can do harm), tokens next, and the rows they are found by last.
  const leases = await ids(
    `update leases set state = 'revoking', end_reason = $2, revoke_accepted_at = now_at(),
       next_attempt_at = greatest(next_attempt_at, now_at())
     where id in (select id from leases where ${leasesBelow} and state in ('reserved', 'active')
                  limit ${STEP} for update skip locked) returning id`,
    [id, ending.reason],
  );
  const tokens = await ids(
    `update tokens set revoked_at = now_at()
     where jti in (select jti from tokens where ${rows.tokens} and revoked_at is null
                   and expires_at > now_at() limit ${STEP} for update skip locked) returning jti as id`,
    [id],
  );
  const full = leases.length === STEP || tokens.length === STEP;
  const grants = full ? [] : await endRows(tx, 'grants', rows.grants, id, ending.reason);
  const tasks =
    full || grants.length === STEP ? [] : await endRows(tx, 'tasks', rows.tasks, id, ending.reason);
  const moved = leases.length + tokens.length + grants.length + tasks.length;
  const done = !full && grants.length < STEP && tasks.length < STEP;
  const ended = { grants: grants.length, tokens: tokens.length, leases };
  const unrecorded = moved === 0 ? [] : await appendOrReturn(tx, [entry(ended)]);
  return { ...ended, done, unrecorded };
}

async function endRows(
  tx: Tx,
  table: 'grants' | 'tasks',
  condition: string,
  id: string,
  reason: string,
): Promise<string[]> {
  const closing = table === 'tasks' ? ", state = 'closed'" : '';
  // In one order, so that two cascades over the same rows wait for each other instead of dying.
  const rows = await query<{ id: string }>(
    tx,
    `update ${table} set ended_at = now_at(), end_reason = $2${closing}
     where id in (select id from ${table} where ${condition} and ended_at is null
                  and expires_at > now_at() order by id limit ${STEP} for update)
     returning id`,
    [id, reason],
  );
  return rows.map((row) => row.id);
}

/** Roots that ended without their cascade: what a crash between two steps leaves. */
async function unfinished(pool: Pool): Promise<EndTarget[]> {
  const since = await liveSince(pool);
  const rows = await query<{ kind: EndTarget['kind']; id: string }>(
    pool,
    `(select distinct 'agent' as kind, l.agent_id as id from leases l join agents a on a.id = l.agent_id
       where l.state in ('reserved', 'active') and a.state <> 'active' limit 100)
     union (select distinct 'agent', k.agent_id from tasks k join agents a on a.id = k.agent_id
       where k.ended_at is null and a.state <> 'active' limit 100)
     union (select distinct 'task', l.task_id from leases l join tasks k on k.id = l.task_id
       where l.state in ('reserved', 'active') and k.ended_at is not null limit 100)
     union (select distinct 'task', g.task_id from grants g join tasks k on k.id = g.task_id
       where g.id >= '${since.grant}' and g.ended_at is null and g.expires_at > now_at() and k.ended_at is not null limit 100)
     union (select distinct 'grant', l.grant_id from leases l join grants g on g.id = l.grant_id
       where l.state in ('reserved', 'active') and g.ended_at is not null limit 100)
     union (select distinct 'token', l.token_jti from leases l join tokens t on t.jti = l.token_jti
       where l.state in ('reserved', 'active') and t.revoked_at is not null limit 100)
     union (select distinct 'proofs', l.agent_id from leases l join tokens t on t.jti = l.token_jti
       where l.state in ('reserved', 'active')
         and ${proofIsGone('t')} limit 100)
     union (select kind, target from stops s where lifted_at is null and kind in ('resource', 'all')
       and not exists (select from restores r where r.stop_id = s.id)
       and exists (select from leases l where l.state in ('reserved', 'active')
                   and (s.kind = 'all' or l.resource = s.target)) limit 100)`,
  );
  return rows.map((row) => (row.kind === 'all' ? { kind: 'all' } : { kind: row.kind, id: row.id }));
}
