import type { Agent, ResourceServer } from '../domain/agent.ts';
import type { Grant, TokenRecord } from '../domain/grant.ts';
import type { Lease } from '../domain/lease.ts';
import type { Operator, Passkey } from '../domain/operator.ts';
import type { Stop } from '../domain/stop.ts';
import type { Task } from '../domain/task.ts';
import type { WatchedLease } from '../ports/provider.ts';
import type { Session } from '../ports/sessions.ts';
import type { TemplateVersion } from '../domain/template.ts';

/** Column lists and the way from a row to a domain object; times are milliseconds already. */

type Row = Record<string, unknown>;

/** Drops members that the database has as null: optional members are absent, never null. */
function compact<T>(row: Row): T {
  const result: Row = {};
  for (const [key, value] of Object.entries(row)) {
    if (value !== null && value !== undefined) result[key] = value;
  }
  return result as T;
}

export const AGENT_COLUMNS = `id, name, owner, teams, jwks, jwks_uri as "jwksUri", state,
  managed_by as "managedBy", client_secret as "clientSecret", version::int as version, ms(created_at) as "createdAt"`;
export const toAgent = (row: Row): Agent => compact<Agent>(row);

export const SERVER_COLUMNS = `id, name, audience, jwks, jwks_uri as "jwksUri",
  client_secret as "clientSecret", ms(created_at) as "createdAt"`;
export const toServer = (row: Row): ResourceServer => compact<ResourceServer>(row);

export const TASK_COLUMNS = `id, agent_id as "agentId", purpose, ticket,
  verified_ticket as "verifiedTicket", opened_by as "openedBy", state, ms(created_at) as "createdAt",
  ms(expires_at) as "expiresAt", ms(ended_at) as "endedAt", end_reason as "endReason"`;
export const toTask = (row: Row): Task => compact<Task>(row);

export const GRANT_COLUMNS = `id, task_id as "taskId", agent_id as "agentId", scopes, resources,
  audience, bundle_version::int as "bundleVersion", rules, approved as approval, leases, ms(created_at) as "createdAt",
  ms(expires_at) as "expiresAt", ms(ended_at) as "endedAt", end_reason as "endReason"`;
export const toGrant = (row: Row): Grant => compact<Grant>(row);

export const TOKEN_COLUMNS = `jti, grant_id as "grantId", task_id as "taskId",
  agent_id as "agentId", scope, audience, ms(issued_at) as "issuedAt",
  ms(expires_at) as "expiresAt", ms(revoked_at) as "revokedAt"`;
export const toToken = (row: Row): TokenRecord => compact<TokenRecord>(row);

export const LEASE_COLUMNS = `id, grant_id as "grantId", task_id as "taskId",
  agent_id as "agentId", resource, scope, state, outside_name as "outsideName",
  outside_handle as "outsideHandle", operation_id as "operationId",
  server, server_identity as "serverIdentity", ms(created_at) as "createdAt", ms(expires_at) as "expiresAt", ms(ended_at) as "endedAt",
  end_reason as "endReason", dead_ms as "deadMs", ms(overdue_since) as "overdueSince", attempts,
  last_error as "lastError"`;
export const toLease = (row: Row): Lease => compact<Lease>(row);

export const WATCHED_COLUMNS = `outside_name as "outsideName", server,
  server_identity as "serverIdentity", statement_timeout_ms::int as "statementTimeoutMs"`;
export const toWatched = (row: Row): WatchedLease => compact<WatchedLease>(row);

export const STOP_COLUMNS = `id, kind, target, reason, placed_by as "placedBy",
  ms(placed_at) as "placedAt", ms(lifted_at) as "liftedAt", lifted_by as "liftedBy",
  lift_reason as "liftReason"`;
export const toStop = (row: Row): Stop => compact<Stop>(row);

export const TEMPLATE_COLUMNS = `id, resource, name, version, state, database, definition, source,
  server, server_identity as "serverIdentity", progress, report, error, ms(created_at) as "createdAt", ms(ready_at) as "readyAt",
  ms(ended_at) as "endedAt"`;
export const toTemplate = (row: Row): TemplateVersion => compact<TemplateVersion>(row);

/** Prefixes each column of a list with a table alias: `id` → `t.id`. */
export function aliased(columns: string, alias: string): string {
  return columns
    .split(',')
    .map((column) =>
      column.trim().replace(/^(ms\()?/, (_, call: string | undefined) => `${call ?? ''}${alias}.`),
    )
    .join(', ');
}

export const OPERATOR_COLUMNS = `o.id, o.name, o.email, o.role, o.role_from_sso as "roleFromSso", o.state,
  case when o.oidc_iss is not null then json_build_object(
    'iss', o.oidc_iss, 'sub', o.oidc_sub, 'groups', coalesce(o.oidc_groups, '{}')) end as oidc,
  o.invited_by as "invitedBy", ms(o.created_at) as "createdAt"`;
export const toOperator = (row: Row): Operator => compact<Operator>(row);

export const PASSKEY_COLUMNS = `p.id, p.operator_id as "operatorId", p.public_key as "publicKey",
  p.sign_count::float8 as "signCount", p.backup_eligible as "backupEligible", p.backed_up as "backedUp",
  p.transports, p.name, ms(p.created_at) as "createdAt", ms(p.last_used_at) as "lastUsedAt",
  ms(p.removed_at) as "removedAt"`;
export const toPasskey = (row: Row): Passkey => compact<Passkey>(row);

/** Seconds after the use of a passkey in which it counts as a step-up. */
const STEP_UP_SECONDS = 300;

export const SESSION_COLUMNS = `s.id, s.operator_id as "operatorId", s.csrf, s.method, s.address,
  s.user_agent as "userAgent", ms(s.created_at) as "createdAt", ms(s.seen_at) as "seenAt",
  ms(s.expires_at) as "expiresAt",
  coalesce(s.stepped_up_at > now_at() - interval '${STEP_UP_SECONDS} seconds', false) as "steppedUp",
  ms(s.stepped_up_at + interval '${STEP_UP_SECONDS} seconds') as "steppedUpUntil"`;
export const toSession = (row: Row): Session => compact<Session>(row);
