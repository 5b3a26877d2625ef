import type { GrantStore, TokenStatus, TokenStore } from '../ports/tasks.ts';
import { filterSql } from './filter.ts';
import { type Pool, type Prepared, query } from './pool.ts';
import { proofIsGone } from './proofs.ts';
import { liveSince } from './recent.ts';
import {
  aliased,
  GRANT_COLUMNS,
  TASK_COLUMNS,
  TOKEN_COLUMNS,
  toGrant,
  toTask,
  toToken,
} from './rows.ts';

interface WithTask extends Record<string, unknown> {
  grant: Record<string, unknown>;
  task: Record<string, unknown>;
}

const withTask = ({ grant, task }: WithTask) => ({ grant: toGrant(grant), task: toTask(task) });

const TASKS = `(select ${TASK_COLUMNS} from tasks) k on k.id = g."taskId"`;

const FIND_WITH_TASK: Prepared = {
  name: 'grant-with-task',
  text: `select row_to_json(g) as grant, row_to_json(k) as task
    from (select ${GRANT_COLUMNS} from grants where id = $1) g join ${TASKS}`,
};

export function createGrantStore(pool: Pool): GrantStore {
  return {
    find: async (id) => {
      const rows = await query(pool, `select ${GRANT_COLUMNS} from grants where id = $1`, [id]);
      return rows[0] && toGrant(rows[0]);
    },
    findWithTask: async (id) => {
      const [row] = await query<WithTask>(pool, FIND_WITH_TASK, [id]);
      return row && withTask(row);
    },
    list: async (filter) => {
      const { where, values } = filterSql(filter, {
        id: 'id',
        agent: 'agent_id',
        task: 'task_id',
        live: 'ended_at is null and expires_at > now_at()',
      });
      const rows = await query(
        pool,
        `select ${GRANT_COLUMNS} from grants where ${where} order by id desc limit $1`,
        values,
      );
      return rows.map(toGrant);
    },
    livePage: async (afterId, limit) => {
      const since = await liveSince(pool);
      const rows = await query<WithTask>(
        pool,
        `select row_to_json(g) as grant, row_to_json(k) as task
         from (select ${GRANT_COLUMNS} from grants
               where id > $1 and ended_at is null and expires_at > now_at()
               order by id limit $2) g
         join ${TASKS} order by g.id`,
        [afterId > since.grant ? afterId : since.grant, limit],
      );
      return rows.map(withTask);
    },
  };
}

/**
 * Is a token (alias t) good, ancestors included? One expression for every reader, so that no door
 * can forget one of the conditions.
 */
const TOKEN_LIVE = `(t.revoked_at is null and t.expires_at > now_at() and a.state = 'active'
  and not ${proofIsGone('t')}
  and (t.grant_id is null or (g.ended_at is null and g.expires_at > now_at()
                              and k.ended_at is null and k.expires_at > now_at()))
  and not exists (select from stops s where s.lifted_at is null and (s.kind = 'all'
    or (s.kind = 'agent' and s.target = t.agent_id)
    or (s.kind = 'resource' and s.target = any (g.resources)))))`;

/** `select` of token columns and `live` for tokens whose jti is in `$n` (an array). */
export function tokenStatusSql(parameter: string): string {
  return `select ${aliased(TOKEN_COLUMNS, 't')}, coalesce(${TOKEN_LIVE}, false) as live
    from tokens t join agents a on a.id = t.agent_id
    left join grants g on g.id = t.grant_id left join tasks k on k.id = t.task_id
    where t.jti = any (${parameter})`;
}

const STATUS: Prepared = { name: 'token-status', text: tokenStatusSql('$1') };

export function toStatus(row: Record<string, unknown>): TokenStatus {
  const { live, ...token } = row;
  return { token: toToken(token), live: live === true };
}

export function createTokenStore(pool: Pool): TokenStore {
  return {
    status: async (jti) => {
      const rows = await query(pool, STATUS, [[jti]]);
      return rows[0] && toStatus(rows[0]);
    },
    list: async (filter) => {
      const { where, values } = filterSql(filter, {
        id: 'jti',
        agent: 'agent_id',
        task: 'task_id',
        live: 'revoked_at is null and expires_at > now_at()',
      });
      const rows = await query(
        pool,
        `select ${TOKEN_COLUMNS} from tokens where ${where} order by jti desc limit $1`,
        values,
      );
      return rows.map(toToken);
    },
  };
}
