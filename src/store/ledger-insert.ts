import type { MintItem } from '../ports/ledger.ts';
import { send, type Tx } from './pool.ts';

/** Members are those of the domain's Task, Grant and TokenRecord, as JSON writes them. */
const INSERT = {
  name: 'insert-mints',
  text: `with new_tasks as (
     insert into tasks (id, agent_id, purpose, ticket, verified_ticket, opened_by, state,
                        created_at, expires_at)
     select id, "agentId", purpose, ticket, "verifiedTicket", "openedBy", 'open',
            at("createdAt"), at("expiresAt")
     from json_to_recordset($1::json)
       as t(id text, "agentId" text, purpose text, ticket text, "verifiedTicket" text,
            "openedBy" text, "createdAt" float8, "expiresAt" float8)),
   new_grants as (
     insert into grants (id, task_id, agent_id, scopes, resources, audience, bundle_version,
                         rules, leases, approval_id, approved, created_at, expires_at)
     select id, "taskId", "agentId", scopes, resources, audience, "bundleVersion",
            rules, leases, approval ->> 'id', approval, at("createdAt"), at("expiresAt")
     from json_to_recordset($2::json)
       as g(id text, "taskId" text, "agentId" text, scopes text[], resources text[],
            audience text, "bundleVersion" bigint, rules text[], leases int, approval jsonb,
            "createdAt" float8, "expiresAt" float8))
   insert into tokens (jti, grant_id, task_id, agent_id, scope, audience, issued_at, expires_at,
                       proven_by, agent_version)
   select jti, "grantId", "taskId", "agentId", scope, audience, at("issuedAt"), at("expiresAt"),
          "provenBy", "agentVersion"
   from json_to_recordset($3::json)
     as k(jti text, "grantId" text, "taskId" text, "agentId" text, scope text, audience text,
          "issuedAt" float8, "expiresAt" float8, "provenBy" text, "agentVersion" bigint)`,
};

/**
 * Sends the tasks, grants and tokens of the items that passed, as three sets in one statement. As
 * JSON, since the driver writes an array element by element.
 */
export function insertMints(tx: Tx, items: readonly MintItem[]): void {
  const tasks = items.flatMap((item) => (item.task && 'open' in item.task ? [item.task.open] : []));
  const grants = items.flatMap((item) => (item.grant ? [item.grant] : []));
  const tokens = items.flatMap(({ token, agentVersion }) =>
    token ? [{ ...token, agentVersion }] : [],
  );
  if (tokens.length === 0) return;
  send(tx, INSERT, [JSON.stringify(tasks), JSON.stringify(grants), JSON.stringify(tokens)]);
}
