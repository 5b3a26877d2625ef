import type { z } from 'zod';
import type { ScopeOffer } from '../broker/list-scopes.ts';
import type { NewClientSecret } from '../broker/manage-client-secrets.ts';
import type { ProbeReport } from '../broker/probe-resource.ts';
import { isAccepted } from '../broker/resource-health.ts';
import type { Revocation } from '../broker/revoke.ts';
import type * as contract from '../contract/schemas/agents.ts';
import type * as operate from '../contract/schemas/operate.ts';
import type * as tasks from '../contract/schemas/tasks.ts';
import type { Agent, ResourceServer } from '../domain/agent.ts';
import type { Grant, TokenRecord } from '../domain/grant.ts';
import type { Lease } from '../domain/lease.ts';
import type { Resource } from '../domain/resource.ts';
import type { Stop } from '../domain/stop.ts';
import type { Task } from '../domain/task.ts';

/** From domain objects to the payloads of the contract. Members that are undefined leave no trace. */

const time = (ms: number): string => new Date(ms).toISOString();
const timeIf = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : time(ms);
type Loose<T> = { [K in keyof T]: T[K] | undefined };

export function agent(
  value: Agent,
  keys: readonly { kid: string; alg: string }[],
): Loose<z.input<typeof contract.Agent>> {
  return {
    id: value.id,
    name: value.name,
    owner: value.owner,
    teams: [...value.teams],
    state: value.state,
    managed_by: value.managedBy,
    keys: [...keys],
    jwks_uri: value.jwksUri,
    client_secret_id: value.clientSecret?.id,
    created_at: time(value.createdAt),
  };
}

export function resourceServer(value: ResourceServer): Loose<contract.ResourceServer> {
  return {
    id: value.id,
    name: value.name,
    audience: value.audience,
    jwks_uri: value.jwksUri,
    client_secret_id: value.clientSecret?.id,
    created_at: time(value.createdAt),
  };
}

export function clientSecret(value: NewClientSecret): contract.ClientSecret {
  return {
    client_id: value.clientId,
    client_secret_id: value.secretId,
    client_secret: value.secret.reveal(),
  };
}

export function task(value: Task): Loose<tasks.Task> {
  return {
    id: value.id,
    agent_id: value.agentId,
    purpose: value.purpose,
    ticket: value.ticket,
    verified_ticket: value.verifiedTicket,
    opened_by: value.openedBy,
    state: value.state,
    created_at: time(value.createdAt),
    expires_at: time(value.expiresAt),
    ended_at: timeIf(value.endedAt),
    end_reason: value.endReason,
  };
}

export function grant(value: Grant): Loose<tasks.Grant> {
  return {
    id: value.id,
    task_id: value.taskId,
    agent_id: value.agentId,
    scopes: [...value.scopes],
    audience: value.audience,
    bundle_version: value.bundleVersion,
    rules: [...value.rules],
    created_at: time(value.createdAt),
    expires_at: time(value.expiresAt),
    ended_at: timeIf(value.endedAt),
    end_reason: value.endReason,
  };
}

export function tokenRecord(value: TokenRecord): Loose<tasks.TokenRecord> {
  return {
    jti: value.jti,
    grant_id: value.grantId,
    task_id: value.taskId,
    agent_id: value.agentId,
    scope: value.scope,
    issued_at: time(value.issuedAt),
    expires_at: time(value.expiresAt),
    revoked_at: timeIf(value.revokedAt),
  };
}

export function lease(value: Lease): Loose<tasks.Lease> {
  return {
    id: value.id,
    task_id: value.taskId,
    grant_id: value.grantId,
    agent_id: value.agentId,
    resource: value.resource,
    scope: value.scope,
    operation_id: value.operationId,
    state: value.state,
    created_at: time(value.createdAt),
    expires_at: time(value.expiresAt),
    ended_at: timeIf(value.endedAt),
    end_reason: value.endReason,
    dead_ms: value.deadMs === undefined ? undefined : Math.round(value.deadMs * 10) / 10,
    overdue_since: timeIf(value.overdueSince),
    attempts: value.attempts === 0 ? undefined : value.attempts,
    last_error: value.lastError,
  };
}

export function stop(value: Stop): Loose<operate.Stop> {
  return {
    id: value.id,
    kind: value.kind,
    target: value.target === '' ? undefined : value.target,
    reason: value.reason,
    placed_by: value.placedBy,
    placed_at: time(value.placedAt),
    lifted_at: timeIf(value.liftedAt),
    lifted_by: value.liftedBy,
    lift_reason: value.liftReason,
  };
}

export function revocation(value: Revocation): Loose<operate.Revocation> {
  return { id: value.id, state: value.state, ended: value.ended, stop_id: value.stopId };
}

export function scopeTerms({ scope, resource, terms }: ScopeOffer): Loose<tasks.ScopeTerms> {
  return {
    scope: scope.id,
    resource: resource.name,
    environment: resource.environment.name,
    protected: resource.environment.protected,
    effect: scope.effect,
    description: scope.description,
    decision: terms?.decision,
    rules: terms && [...terms.rules],
    ttl: terms ? terms.ttlSeconds : scope.maxTtlSeconds,
    leases: terms?.leases,
  };
}

export function resource(value: Resource, secretSet: boolean): Loose<operate.Resource> {
  return {
    name: value.name,
    kind: value.kind,
    environment: value.environment.name,
    protected: value.environment.protected,
    owner: value.owner,
    audience: value.audience,
    secret: value.connection.url.secret,
    secret_set: secretSet,
    scopes: [...value.scopes.values()].map((scope) => scope.id),
    templates: value.templates && Object.keys(value.templates),
  };
}

export function probe(of: Resource, report: ProbeReport): Loose<operate.Probe> {
  return {
    resource: of.name,
    reachable: report.reachable,
    server_version: report.serverVersion,
    hardened: report.hardened,
    findings: report.findings.map((finding) => ({
      id: finding.id,
      severity: finding.severity,
      message: finding.message,
      accepted: isAccepted(of, finding),
      sql: [...finding.sql],
    })),
  };
}

export { time, timeIf };
export type { Loose };
