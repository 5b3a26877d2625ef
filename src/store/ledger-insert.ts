import type { MintItem } from '../ports/ledger.ts';
import { send, type Tx } from './pool.ts';

/** A text[] written as one text, since `unnest` of an array of arrays flattens both. */
const packed = (values: readonly string[]) =>
  `{${values.map((value) => `"${value.replaceAll(/(["\\])/g, '\\$1')}"`).join(',')}}`;

const INSERT = {
  name: 'insert-mints',
  text: `with new_tasks as (
     insert into tasks (id, agent_id, purpose, ticket, verified_ticket, opened_by, state,
                        created_at, expires_at)
     select id, agent, purpose, ticket, verified, opened_by, 'open', at(created), at(expires)
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                 $7::float8[], $8::float8[])
       as t(id, agent, purpose, ticket, verified, opened_by, created, expires)),
   new_grants as (
     insert into grants (id, task_id, agent_id, scopes, resources, audience, bundle_version,
                         rules, leases, created_at, expires_at)
     select id, task, agent, scopes::text[], resources::text[], audience, bundle,
            rules::text[], leases, at(created), at(expires)
     from unnest($9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
                 $15::bigint[], $16::text[], $17::int[], $18::float8[], $19::float8[])
       as g(id, task, agent, scopes, resources, audience, bundle, rules, leases, created, expires))
   insert into tokens (jti, grant_id, task_id, agent_id, scope, audience, issued_at, expires_at,
                       proven_by, agent_version)
   select jti, grant_id, task, agent, scope, audience, at(issued), at(expires), proof, version
   from unnest($20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[],
               $26::float8[], $27::float8[], $28::text[], $29::bigint[])
     as k(jti, grant_id, task, agent, scope, audience, issued, expires, proof, version)`,
};

/** Sends the tasks, grants and tokens of the items that passed, as three sets in one statement. */
export function insertMints(tx: Tx, items: readonly MintItem[]): void {
  const tasks = items.flatMap((item) => (item.task && 'open' in item.task ? [item.task.open] : []));
  const grants = items.flatMap((item) => (item.grant ? [item.grant] : []));
  const tokens = items.flatMap((item) => (item.token ? [item.token] : []));
  if (tokens.length === 0) return;
  send(tx, INSERT, [
    tasks.map((t) => t.id),
    tasks.map((t) => t.agentId),
    tasks.map((t) => t.purpose),
    tasks.map((t) => t.ticket ?? null),
    tasks.map((t) => t.verifiedTicket ?? null),
    tasks.map((t) => t.openedBy),
    tasks.map((t) => t.createdAt),
    tasks.map((t) => t.expiresAt),
    grants.map((g) => g.id),
    grants.map((g) => g.taskId),
    grants.map((g) => g.agentId),
    grants.map((g) => packed(g.scopes)),
    grants.map((g) => packed(g.resources)),
    grants.map((g) => g.audience),
    grants.map((g) => g.bundleVersion),
    grants.map((g) => packed(g.rules)),
    grants.map((g) => g.leases),
    grants.map((g) => g.createdAt),
    grants.map((g) => g.expiresAt),
    tokens.map((t) => t.jti),
    tokens.map((t) => t.grantId ?? null),
    tokens.map((t) => t.taskId ?? null),
    tokens.map((t) => t.agentId),
    tokens.map((t) => t.scope),
    tokens.map((t) => t.audience),
    tokens.map((t) => t.issuedAt),
    tokens.map((t) => t.expiresAt),
    tokens.map((t) => t.provenBy ?? null),
    items.flatMap((item) => (item.token ? [item.agentVersion] : [])),
  ]);
}
