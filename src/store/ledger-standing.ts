import { stopFor } from '../domain/stop.ts';
import type { MintItem, MintOutcome } from '../ports/ledger.ts';
import { query, type Tx } from './pool.ts';

/** What a batch of mints is judged by, all of it read under lock in the batch's transaction. */
export interface Standing {
  /** Assertions this transaction marked, each to be taken once. */
  readonly fresh: Set<string>;
  readonly bundleVersion: number | undefined;
  readonly agents: ReadonlyMap<string, { state: string; version: number }>;
  readonly tasks: ReadonlyMap<string, { agentId: string; live: boolean }>;
  readonly stops: readonly { id: string; kind: 'agent' | 'resource' | 'all'; target: string }[];
}

interface StandingRow extends Record<string, unknown> {
  version: number | null;
  fresh: string[] | null;
  agents: { id: string; state: string; version: number }[] | null;
  tasks: { id: string; agentId: string; live: boolean }[] | null;
  stops: Standing['stops'] | null;
}

/** The uses of `$1`, as JSON; a batch may hold one twice. */
const USES = `select distinct on ("clientId", jti) "clientId", jti, at("expiresAt")
  from json_to_recordset($1::json) as u("clientId" text, jti text, "expiresAt" float8)`;

/** Marks assertions as used: a statement that answers the fresh ones. */
export const MARK_USED = `insert into used_jtis (client_id, jti, expires_at) ${USES}
  on conflict do nothing returning client_id, jti`;

const STANDING = {
  name: 'mint-standing',
  text: `with used as (${MARK_USED}),
   a as (select id, state, version::int as version from agents where id = any ($2::text[]) for share),
   t as (select id, agent_id as "agentId", ended_at is null and expires_at > now_at() as live
         from tasks where id = any ($3::text[]) for share),
   s as (select id, kind, target from stops where lifted_at is null)
   select (select bundle_version::int from gate) as version,
          (select json_agg(client_id || E'\\n' || jti) from used) as fresh,
          (select json_agg(a) from a) as agents, (select json_agg(t) from t) as tasks,
          (select json_agg(s) from s) as stops`,
};

const key = (clientId: string, jti: string) => `${clientId}\n${jti}`;

/** What is judged about whoever wants something: who, under which decision, for which task. */
export type Judged = Pick<
  MintItem,
  'assertion' | 'agentId' | 'agentVersion' | 'bundleVersion' | 'task'
> & { readonly resources: readonly string[] };

export async function readStanding(
  tx: Tx,
  items: readonly Pick<MintItem, 'assertion' | 'agentId' | 'task'>[],
): Promise<Standing> {
  const uses = items.flatMap((item) => (item.assertion ? [item.assertion] : []));
  const [row] = await query<StandingRow>(tx, STANDING, [
    JSON.stringify(uses),
    [...new Set(items.map((item) => item.agentId))],
    items.flatMap((item) => (item.task && 'continue' in item.task ? [item.task.continue] : [])),
  ]);
  return {
    fresh: new Set(row?.fresh ?? []),
    bundleVersion: row?.version ?? undefined,
    agents: new Map((row?.agents ?? []).map((agent) => [agent.id, agent])),
    tasks: new Map((row?.tasks ?? []).map((task) => [task.id, task])),
    stops: row?.stops ?? [],
  };
}

/** The outcome of one item; takes its assertion out of the fresh ones, so a twin is a replay. */
export function judge(item: MintItem, standing: Standing): MintOutcome {
  if (item.token !== undefined) {
    return judgeRequest({ ...item, resources: item.grant?.resources ?? [] }, standing);
  }
  return refusedUnread(item, standing) ?? { kind: 'committed' };
}

/** The same for whatever else an agent asks for that policy decided about. */
export function judgeRequest(item: Judged, standing: Standing): MintOutcome {
  const refused = refusedUnread(item, standing);
  if (refused) return refused;
  const { task } = item;
  const agent = standing.agents.get(item.agentId);
  if (agent?.version !== item.agentVersion || standing.bundleVersion !== item.bundleVersion) {
    return { kind: 'changed' };
  }
  const stop = stopFor(standing.stops, item.agentId, item.resources);
  if (stop) return { kind: 'stopped', stopId: stop.id, what: stop.target || 'Everything' };
  if (task && 'continue' in task) {
    const found = standing.tasks.get(task.continue);
    if (!found?.live || found.agentId !== item.agentId) return { kind: 'task_ended' };
  }
  return { kind: 'committed' };
}

function refusedUnread(
  { assertion, agentId }: Pick<MintItem, 'assertion' | 'agentId'>,
  standing: Standing,
): MintOutcome | undefined {
  if (assertion && !standing.fresh.delete(key(assertion.clientId, assertion.jti))) {
    return { kind: 'replayed' };
  }
  return standing.agents.get(agentId)?.state === 'active' ? undefined : { kind: 'suspended' };
}
