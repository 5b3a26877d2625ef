import { randomBytes } from 'node:crypto';
import { formatId } from '../../src/domain/ids.ts';
import type { TestStore } from './store.ts';

export interface LeaseRow {
  readonly id: string;
  readonly outsideName: string;
}

/** Leases as the store has them, made without anybody asking for them. */
export async function insertLeases(
  store: TestStore,
  options: {
    readonly resource: string;
    readonly count: number;
    readonly state?: 'active' | 'revoking' | 'revoked';
    /** Milliseconds ago. */
    readonly age?: number;
  },
): Promise<LeaseRow[]> {
  const [{ installation } = { installation: '' }] = await store.asSuperuser<{
    installation: string;
  }>('select id as installation from countersign.installation');
  const { resource, count, state = 'revoking', age = 60_000 } = options;
  const rows = Array.from({ length: count }, () => {
    const id = formatId('lease', Date.now() - age, randomBytes(10));
    return { id, outsideName: `cs_${installation}_${id.slice('lse_'.length)}` };
  });
  await store.asSuperuser(
    `insert into countersign.leases (id, grant_id, token_jti, task_id, agent_id, resource, scope, state,
       outside_name, statement_timeout_ms, created_at, expires_at, revoke_accepted_at, next_attempt_at, ended_at)
     select id, 'grt_x', 'tok_x', 'tsk_x', 'agt_x', $3, $3 || ':read', $4, name, 30000,
       now() - $5 * interval '1 ms', now() + interval '1 hour',
       case $4 when 'active' then null else now() - interval '1 minute' end,
       case $4 when 'revoking' then now() - interval '1 s' * n end,
       case $4 when 'revoked' then now() - interval '30 s' end
     from unnest($1::text[], $2::text[]) with ordinality as l(id, name, n)`,
    [rows.map(({ id }) => id), rows.map(({ outsideName }) => outsideName), resource, state, age],
  );
  return rows;
}
