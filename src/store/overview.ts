import type { AuditEntry } from '../audit/entry.ts';
import type { RevocableTarget } from '../ports/endings.ts';
import type {
  HourOfAudit,
  LiveFigures,
  OverviewStore,
  RevocationPreview,
} from '../ports/overview.ts';
import { ENTRY_COLUMNS, type EntryRow, toEntry } from './audit-log.ts';
import { below, targetId } from './below.ts';
import { type Pool, query, transaction, type Tx } from './pool.ts';
import { liveSince } from './recent.ts';

/** Ids that a preview names of each kind. */
const NAMED = 20;
/** Records below one task that its story looks at, of each kind. */
const BELOW_TASK = 500;

export function createOverviewStore(pool: Pool): OverviewStore {
  return {
    live: () => live(pool),
    activity: (actions, hours, most) => activity(pool, { actions, hours, most }),
    story: (taskId, limit) => story(pool, taskId, limit),
    wouldEnd: (target) => transaction(pool, (tx) => wouldEnd(tx, target), READ_ONLY),
  };
}

const READ_ONLY = 'set transaction isolation level repeatable read, read only';

async function live(pool: Pool): Promise<LiveFigures> {
  const [[row], byResource] = await Promise.all([
    query<Omit<LiveFigures, 'byResource' | 'liveLeases' | 'overdueLeases'>>(
      pool,
      `select
         (select count(*)::int from tasks where ended_at is null and expires_at > now_at()) as "openTasks",
         (select count(*)::int from stops where lifted_at is null) as "standingStops",
         (select count(*)::int from approvals
          where state = 'pending' and expires_at > now_at()) as "pendingApprovals"`,
    ),
    query<LiveFigures['byResource'][number]>(
      pool,
      `select resource, count(*) filter (where state in ('reserved', 'active'))::int as live,
         count(*) filter (where overdue_since is not null)::int as overdue
       from leases where state in ('reserved', 'active', 'revoking') group by resource order by resource`,
    ),
  ]);
  if (!row) throw new Error('a statement without a row');
  const sum = (of: 'live' | 'overdue') => byResource.reduce((total, it) => total + it[of], 0);
  return { ...row, liveLeases: sum('live'), overdueLeases: sum('overdue'), byResource };
}

/** By number from the end of the chain, so that its cost does not grow with the chain. */
async function activity(
  pool: Pool,
  { actions, hours, most }: { actions: readonly string[]; hours: number; most: number },
): Promise<{ since: number; rows: HourOfAudit[] }> {
  const rows = await query<HourOfAudit>(
    pool,
    `select ms(date_trunc('hour', time, 'UTC')) as hour, action, count(*)::int as count
     from audit_entries
     where seq > (select seq from audit_head) - $3 and time > now_at() - $2 * interval '1 hour'
       and action = any ($1) group by 1, 2 order by 1, 2`,
    [actions, hours, most],
  );
  const [from] = await query<{ since: number }>(
    pool,
    `select greatest(ms(now_at() - $1 * interval '1 hour'), coalesce(
       (select ms(time) from audit_entries where seq = (select seq from audit_head) - $2 + 1), 0)) as since`,
    [hours, most],
  );
  return { since: from?.since ?? 0, rows };
}

async function story(pool: Pool, taskId: string, limit: number): Promise<AuditEntry[]> {
  const rows = await query<EntryRow>(
    pool,
    `with g as (select id from grants where task_id = $1 order by id desc limit ${BELOW_TASK}),
     subjects as (
       select $1 as id union all select id from g
       union all (select jti from tokens where grant_id in (select id from g) order by jti desc limit ${BELOW_TASK})
       union all (select id from leases where grant_id in (select id from g) order by id desc limit ${BELOW_TASK})
       union all (select id from approvals where task_id = $1 order by id desc limit ${BELOW_TASK})
       union all (select id from operations where task_id = $1 order by id desc limit ${BELOW_TASK}))
     select ${ENTRY_COLUMNS} from audit_entries
     where subject in (select id from subjects) order by seq desc limit $2`,
    [taskId, limit],
  );
  return rows.map(toEntry);
}

async function wouldEnd(tx: Tx, target: RevocableTarget): Promise<RevocationPreview> {
  const conditions = below(await liveSince(tx))[target.kind];
  const id = targetId(target);
  const of = async (table: string, key: string, condition: string, alive: string) => {
    const own = `${table === 'tokens' ? 'jti' : 'id'} = $1`;
    const is = SELF[target.kind] === table ? `(${own} or (${condition}))` : `(${condition})`;
    const [row] = await query<{ count: number; ids: string[] }>(
      tx,
      `with ending as (select ${key} as id from ${table} where ${is} and ${alive})
       select count(*)::int as count,
         array(select id from ending order by id desc limit ${NAMED}) as ids from ending`,
      [id],
    );
    return row ?? { count: 0, ids: [] };
  };
  const open = 'ended_at is null and expires_at > now_at()';
  return {
    tasks: await of('tasks', 'id', conditions.tasks, open),
    grants: await of('grants', 'id', conditions.grants, open),
    tokens: await of(
      'tokens',
      'jti',
      conditions.tokens,
      'revoked_at is null and expires_at > now_at()',
    ),
    leases: await of('leases', 'id', conditions.leases, "state in ('reserved', 'active')"),
  };
}

/** The table that holds the target itself, which the conditions below it leave out. */
const SELF: Partial<Record<RevocableTarget['kind'], string>> = {
  task: 'tasks',
  grant: 'grants',
  token: 'tokens',
  lease: 'leases',
};
