import { randomBytes } from 'node:crypto';
import { formatId, type IdKind } from '../../src/domain/ids.ts';
import type { Database } from '../database.ts';
import { LEASE_SCOPE } from './bundle.ts';

const TASKS = 1000;

/** Live rows as the broker itself would leave them, inserted in bulk: tasks, grants, active leases. */
export async function insertLeases(
  store: Database,
  database: string,
  agentId: string,
  count: number,
): Promise<void> {
  const [resource = ''] = LEASE_SCOPE.split(':');
  const id = (kind: IdKind) => formatId(kind, Date.now(), randomBytes(10)).slice(0, -6);
  const body = (expression: string) => `lpad((${expression})::text, 6, '0')`;
  const task = `'${id('task')}' || ${body(`n % ${TASKS}`)}`;
  const grant = `'${id('grant')}' || ${body('n')}`;
  const lease = id('lease');
  const span = `now(), now() + interval '1 hour'`;
  await store.run(
    database,
    'set search_path = countersign',
    `insert into tasks (id, agent_id, purpose, opened_by, state, created_at, expires_at)
     select ${task}, '${agentId}', 'bench', 'operator', 'open', ${span}
     from generate_series(0, ${TASKS - 1}) n`,
    `insert into grants (id, task_id, agent_id, scopes, resources, audience, bundle_version, rules,
       leases, created_at, expires_at)
     select ${grant}, ${task}, '${agentId}', array['${LEASE_SCOPE}'], array['${resource}'], 'bench',
       (select bundle_version from gate), array['bench'], 1, ${span}
     from generate_series(1, ${count}) n`,
    `insert into leases (id, grant_id, token_jti, task_id, agent_id, resource, scope, state,
       outside_name, statement_timeout_ms, created_at, expires_at)
     select '${lease}' || ${body('n')}, ${grant}, 'tok_' || n, ${task}, '${agentId}', '${resource}',
       '${LEASE_SCOPE}', 'active',
       'cs_' || (select id from installation) || '_${lease.slice(4)}' || ${body('n')}, 30000, ${span}
     from generate_series(1, ${count}) n`,
    'analyze',
  );
}
