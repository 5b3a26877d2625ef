import type { AuditDraft } from '../audit/entry.ts';
import { agentSuspended, notFound, stopped } from '../domain/errors.ts';
import type { Task } from '../domain/task.ts';
import type { NewTask, TaskStore } from '../ports/tasks.ts';
import { appendAudit } from './audit-append.ts';
import { HOLD_GATE } from './feed-event.ts';
import { filterSql } from './filter.ts';
import { one, type Pool, query, send, type Tx, transaction } from './pool.ts';
import { TASK_COLUMNS, toTask } from './rows.ts';

export function createTaskStore(pool: Pool): TaskStore {
  return {
    open: (task, entry) => transaction(pool, (tx) => openTask(tx, task, entry), HOLD_GATE),
    find: async (id) => {
      const rows = await query(pool, `select ${TASK_COLUMNS} from tasks where id = $1`, [id]);
      return rows[0] && toTask(rows[0]);
    },
    list: async (filter) => {
      const { where, values } = filterSql(filter, {
        id: 'id',
        agent: 'agent_id',
        task: 'id',
        live: 'ended_at is null and expires_at > now_at()',
      });
      const rows = await query(
        pool,
        `select ${TASK_COLUMNS} from tasks where ${where} order by id desc limit $1`,
        values,
      );
      return rows.map(toTask);
    },
  };
}

async function openTask(tx: Tx, task: NewTask, entry: AuditDraft): Promise<Task> {
  const agents = await query<{ state: string }>(
    tx,
    'select state from agents where id = $1 for share',
    [task.agentId],
  );
  if (one(agents, () => notFound('Agent')).state !== 'active') throw agentSuspended();
  const stops = await query<{ id: string; kind: string }>(
    tx,
    `select id, kind from stops where lifted_at is null
     and (kind = 'all' or (kind = 'agent' and target = $1)) limit 1`,
    [task.agentId],
  );
  if (stops[0]) throw stopped(stops[0].kind === 'all' ? 'Everything' : 'This agent', stops[0].id);
  const rows = await query(tx, `${INSERT} returning ${TASK_COLUMNS}`, valuesOf(task));
  appendAudit(tx, [entry]);
  return toTask(one(rows, () => notFound('Task')));
}

const INSERT = `insert into tasks (id, agent_id, purpose, ticket, verified_ticket, opened_by, state,
    created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, 'open', at($7), at($8))`;

function valuesOf(task: NewTask): readonly unknown[] {
  return [
    task.id,
    task.agentId,
    task.purpose,
    task.ticket ?? null,
    task.verifiedTicket ?? null,
    task.openedBy,
    task.createdAt,
    task.expiresAt,
  ];
}

/** Opens a task together with what is asked under it; whoever calls this judged agent and stops. */
export function insertTask(tx: Tx, task: NewTask): void {
  send(tx, INSERT, valuesOf(task));
}
