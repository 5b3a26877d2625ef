import type { EndTarget } from '../ports/endings.ts';
import { proofIsGone } from './proofs.ts';
import type { Since } from './recent.ts';

/** What stands for `$1` in the conditions below. */
export function targetId(target: EndTarget): string {
  return target.kind === 'all' ? '' : target.id;
}

export interface Below {
  readonly grants: string;
  readonly tokens: string;
  readonly leases: string;
  readonly tasks: string;
}

/** Conditions that hold for no row, but take the parameter that the statement passes. */
const NOTHING = {
  tasks: 'false and id = $1',
  grants: 'false and id = $1',
  tokens: 'false and jti = $1',
} as const;

/** Tokens under the live tasks of an agent, and its tokens without a task. */
const tokensOfAgent = (since: Since) =>
  `jti >= '${since.token}' and (grant_id in (select id from grants where ended_at is null and task_id in
     (select id from tasks where agent_id = $1 and ended_at is null))
    or (grant_id is null and agent_id = $1))`;

/** Which rows hang below a target; `$1` is its id. Ended grants count too: their tokens may live. */
export const below = (since: Since): Record<EndTarget['kind'], Below> => ({
  agent: {
    tasks: 'agent_id = $1',
    grants: 'task_id in (select id from tasks where agent_id = $1 and ended_at is null)',
    tokens: tokensOfAgent(since),
    leases: 'agent_id = $1',
  },
  proofs: {
    tasks: NOTHING.tasks,
    grants: `task_id in (select id from tasks where agent_id = $1 and ended_at is null)
      and id in (select grant_id from tokens where ${tokensOfAgent(since)} and ${proofIsGone('tokens')})`,
    tokens: `${tokensOfAgent(since)} and ${proofIsGone('tokens')}`,
    leases: `agent_id = $1 and token_jti in (select jti from tokens t
      where t.jti = token_jti and ${proofIsGone('t')})`,
  },
  task: {
    tasks: NOTHING.tasks,
    grants: 'task_id = $1',
    tokens: 'grant_id in (select id from grants where task_id = $1)',
    leases: 'grant_id in (select id from grants where task_id = $1)',
  },
  grant: { ...NOTHING, tokens: 'grant_id = $1', leases: 'grant_id = $1' },
  token: { ...NOTHING, leases: 'token_jti = $1' },
  lease: { ...NOTHING, leases: 'id = $1' },
  resource: {
    tasks: NOTHING.tasks,
    grants: `id >= '${since.grant}' and $1 = any (resources)`,
    tokens: `grant_id in (select id from grants where id >= '${since.grant}'
               and ended_at is null and $1 = any (resources))`,
    leases: 'resource = $1',
  },
  all: {
    tasks: "$1 = ''",
    grants: `$1 = '' and id >= '${since.grant}'`,
    tokens: `$1 = '' and jti >= '${since.token}'`,
    leases: "$1 = ''",
  },
});
