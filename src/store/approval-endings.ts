import type { AuditAction, AuditDraft } from '../audit/entry.ts';
import type { RevocableTarget } from '../ports/endings.ts';
import { type Narrowed, narrowing } from './audit-append.ts';
import { type Pool, query, type Tx } from './pool.ts';
import { wake } from './wakeup.ts';

/** Rows one transaction of an ending takes at most. */
const STEP = 500;
/** Small, since whoever wants a token meanwhile waits for the entries of a page. */
const PAGE = 100;

const BELOW: Partial<Record<RevocableTarget['kind'], string>> = {
  agent: 'agent_id = $1',
  task: 'task_id = $1',
  resource: '$1 = any (resources)',
  // A change of the rules waits on: a stop is no reason to forget it.
  all: "$1 = '' and agent_id is not null",
};

/** Ends what is open below a target: agent, task, resource or all. */
export async function endApprovalsBelow(
  pool: Pool,
  target: RevocableTarget,
  reason: string,
  actor: string,
): Promise<{ more: boolean; unrecorded: AuditDraft[] }> {
  const condition = BELOW[target.kind];
  if (condition === undefined) return { more: false, unrecorded: [] };
  const id = target.kind === 'all' ? '' : target.id;
  const { result, unrecorded } = await narrowing(pool, (tx) =>
    end(tx, { condition, values: [id], state: 'withdrawn', reason, actor, limit: STEP }),
  );
  return { more: result === STEP, unrecorded };
}

const OVER = 'expires_at <= now_at()';

/** What a crash between an ending and its cascade leaves, or a task that came to its time. */
const ORPHANED = `agent_id is not null and (
  exists (select from agents g where g.id = agent_id and g.state <> 'active')
  or exists (select from tasks k where k.id = task_id and (k.ended_at is not null or k.expires_at <= now_at()))
  or exists (select from stops s where s.lifted_at is null and (s.kind = 'all'
    or (s.kind = 'agent' and s.target = agent_id)
    or (s.kind = 'resource' and s.target = any (resources)))))`;

/** Marks what is past its time, and ends what lost what it hangs below; in pages, until nothing is due. */
export async function expireApprovals(pool: Pool): Promise<AuditDraft[]> {
  const unrecorded: AuditDraft[] = [];
  const pages = [
    { condition: OVER, state: 'expired' as const, reason: 'expired' },
    {
      condition: ORPHANED,
      state: 'withdrawn' as const,
      reason: 'its agent, task or resource ended',
    },
  ];
  for (const page of pages) {
    let more = true;
    while (more) {
      const done = await narrowing(pool, (tx) =>
        end(tx, { ...page, values: [], actor: 'broker', limit: PAGE }),
      );
      unrecorded.push(...done.unrecorded);
      more = done.result === PAGE;
    }
  }
  return unrecorded;
}

interface Ending {
  /** Of our own constants. */
  readonly condition: string;
  readonly values: readonly unknown[];
  readonly state: 'withdrawn' | 'expired';
  readonly reason: string;
  readonly actor: string;
  readonly limit: number;
}

async function end(tx: Tx, ending: Ending): Promise<Narrowed<number>> {
  const { condition, values, state, reason, actor, limit } = ending;
  const at = values.length;
  // In one order, so that two of these over the same rows wait for each other instead of dying.
  const rows = await query<{ id: string }>(
    tx,
    `update approvals set state = $${at + 1}, end_reason = $${at + 2},
       decided_at = coalesce(decided_at, now_at())
     where id in (select id from approvals where state in ('pending', 'approved') and ${condition}
                  order by id limit ${limit} for update) returning id`,
    [...values, state, reason],
  );
  const action: AuditAction = `approval.${state}`;
  wake(
    tx,
    rows.map(({ id }) => `approval:${id}` as const),
  );
  const entries = rows.map(({ id }) => ({ actor, action, subject: id, detail: { reason } }));
  return { result: rows.length, entries };
}
