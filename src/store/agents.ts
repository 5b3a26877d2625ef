import type { AuditDraft } from '../audit/entry.ts';
import type { Agent, KeySource } from '../domain/agent.ts';
import { conflict } from '../domain/errors.ts';
import type { AgentStore, NewAgent } from '../ports/agents.ts';
import type { Page } from '../ports/page.ts';
import { appendAudit, appendOrReturn } from './audit-append.ts';
import { createClientSecretStore } from './client-secrets.ts';
import { announce, lockGate } from './feed-event.ts';
import { one, OUTWAIT, type Pool, query, type Tx, transaction } from './pool.ts';
import { cutProofs } from './proofs.ts';
import { useWidening } from './use-widening.ts';
import { AGENT_COLUMNS, toAgent } from './rows.ts';

export function createAgentStore(pool: Pool): AgentStore {
  return {
    insert: (agent, entry, approvalId) =>
      transaction(pool, (tx) => insertAgent(tx, agent, entry, approvalId)),
    find: async (id) =>
      first(await query(pool, `select ${AGENT_COLUMNS} from agents where id = $1`, [id])),
    findByName: async (name) =>
      first(await query(pool, `select ${AGENT_COLUMNS} from agents where name = $1`, [name])),
    list: (page) => listAgents(pool, page),
    replaceKeys: (id, keys, kept, entry) =>
      transaction(pool, (tx) => replaceAgentKeys(tx, { id, keys, kept }, entry)),
    withdrawKeys: (id, keys, kept, entry) =>
      transaction(pool, (tx) => withdrawAgentKeys(tx, { id, keys, kept }, entry), OUTWAIT),
    secrets: createClientSecretStore(pool, 'agents'),
    resume: (id, by, entry) => transaction(pool, (tx) => resumeAgent(tx, id, by, entry)),
  };
}

function first(rows: Record<string, unknown>[]): Agent | undefined {
  return rows[0] && toAgent(rows[0]);
}

async function insertAgent(
  tx: Tx,
  agent: NewAgent,
  entry: AuditDraft,
  approvalId: string | undefined,
): Promise<Agent> {
  await lockGate(tx);
  const rows = await query(
    tx,
    `insert into agents (id, name, owner, teams, jwks, jwks_uri, state, managed_by)
     values ($1, $2, $3, $4, $5, $6, 'active', $7)
     on conflict (name) do nothing returning ${AGENT_COLUMNS}`,
    [
      agent.id,
      agent.name,
      agent.owner,
      agent.teams,
      agent.jwks ? JSON.stringify(agent.jwks) : null,
      agent.jwksUri ?? null,
      agent.managedBy,
    ],
  );
  const row = one(rows, () => conflict(`An agent named ${agent.name} exists already.`));
  const used = approvalId ? [await useWidening(tx, approvalId, `agent:${agent.id}`)] : [];
  await announce(tx, [{ kind: 'agent', target: agent.id }]);
  appendAudit(tx, [...used, entry]);
  return toAgent(row);
}

async function listAgents(pool: Pool, page: Page): Promise<Agent[]> {
  const rows = await query(
    pool,
    `select ${AGENT_COLUMNS} from agents where ($2::text is null or id < $2)
     order by id desc limit $1`,
    [page.limit, page.before ?? null],
  );
  return rows.map(toAgent);
}

interface NewKeys {
  readonly id: string;
  readonly keys: KeySource;
  readonly kept: readonly string[] | undefined;
}

/** The cut comes with the change: between the two nobody could tell which keys a token was proven by. */
async function writeKeys(tx: Tx, { id, keys, kept }: NewKeys): Promise<Agent | undefined> {
  await lockGate(tx);
  if (kept) await cutProofs(tx, id, 'key', kept);
  const rows = await query(
    tx,
    `update agents set jwks = $2, jwks_uri = $3, version = version + 1
     where id = $1 returning ${AGENT_COLUMNS}`,
    [id, keys.jwks ? JSON.stringify(keys.jwks) : null, keys.jwksUri ?? null],
  );
  if (!rows[0]) return undefined;
  await announce(tx, [{ kind: 'agent', target: id }]);
  return toAgent(rows[0]);
}

async function replaceAgentKeys(
  tx: Tx,
  change: NewKeys,
  entry: AuditDraft,
): Promise<Agent | undefined> {
  const agent = await writeKeys(tx, change);
  if (agent) appendAudit(tx, [entry]);
  return agent;
}

async function withdrawAgentKeys(
  tx: Tx,
  change: NewKeys,
  entry: AuditDraft,
): Promise<{ found: boolean; unrecorded: AuditDraft[] }> {
  const agent = await writeKeys(tx, change);
  return { found: agent !== undefined, unrecorded: agent ? await appendOrReturn(tx, [entry]) : [] };
}

async function resumeAgent(
  tx: Tx,
  id: string,
  by: { actor: string; reason: string; approvalId?: string | undefined },
  entry: (lifted: readonly string[]) => AuditDraft,
): Promise<Agent | undefined> {
  await lockGate(tx);
  const rows = await query(
    tx,
    `update agents set state = 'active', version = version + 1
     where id = $1 and state <> 'retired' returning ${AGENT_COLUMNS}`,
    [id],
  );
  if (!rows[0]) return undefined;
  const used = by.approvalId ? [await useWidening(tx, by.approvalId, `agent:${id}`)] : [];
  const lifted = await query<{ id: string }>(
    tx,
    `update stops set lifted_at = now_at(), lifted_by = $2, lift_reason = $3
     where kind = 'agent' and target = $1 and lifted_at is null returning id`,
    [id, by.actor, by.reason],
  );
  await announce(tx, [
    { kind: 'agent', target: id },
    { kind: 'stop', target: id },
  ]);
  appendAudit(tx, [...used, entry(lifted.map((stop) => stop.id))]);
  return toAgent(rows[0]);
}
