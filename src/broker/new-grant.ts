import type { AuditDraft } from '../audit/entry.ts';
import type { Agent } from '../domain/agent.ts';
import type { Approval } from '../domain/approval.ts';
import { invalidTarget } from '../domain/errors.ts';
import type { Grant, TokenRecord } from '../domain/grant.ts';
import type { Task } from '../domain/task.ts';
import type { MintItem } from '../ports/ledger.ts';
import type { Broker } from './context.ts';
import { type AllowedScope, type ScopesDecision, shortestTtl } from './decide-scopes.ts';

/** The approval that a grant uses up. */
export function useOf(
  { id, operationDigest, termsDigest }: Approval,
  agentId: string,
  grantId: string,
): NonNullable<MintItem['approval']> {
  const entry: AuditDraft = {
    actor: agentId,
    action: 'approval.used',
    subject: id,
    detail: { grant: grantId, operation_digest: operationDigest, terms_digest: termsDigest },
  };
  return { id, operationDigest, termsDigest, usedBy: grantId, entry };
}

export function tokenOf(broker: Broker, grant: Grant, provenBy: string): TokenRecord {
  return {
    jti: broker.newId('token'),
    grantId: grant.id,
    taskId: grant.taskId,
    agentId: grant.agentId,
    scope: grant.scopes.join(' '),
    audience: grant.audience,
    issuedAt: grant.createdAt,
    expiresAt: grant.expiresAt,
    provenBy,
  };
}

export function newGrant(
  broker: Broker,
  input: {
    agent: Agent;
    task: Task;
    decision: ScopesDecision;
    target: string | undefined;
    now: number;
    approval?: Approval;
  },
): Grant {
  const { agent, task, decision, now, approval } = input;
  const { allowed, policy } = decision;
  const lifetime = Math.min(task.expiresAt - now, shortestTtl(allowed) * 1000);
  return {
    id: broker.newId('grant'),
    taskId: task.id,
    agentId: agent.id,
    scopes: allowed.map(({ scope }) => scope.id),
    resources: [...new Set(allowed.map(({ resource }) => resource.name))],
    audience: audienceOf(broker.issuer, allowed, input.target),
    bundleVersion: policy.version,
    rules: [...new Set(allowed.flatMap(({ rules }) => rules))].sort(),
    leases: Math.min(...allowed.map(({ terms }) => terms.leases)),
    ...(approval ? { approval: { id: approval.id, requirements: approval.requirements } } : {}),
    createdAt: now,
    // Whole seconds, since `exp` has no fractions and the token must not outlive the grant.
    expiresAt: Math.floor((now + lifetime) / 1000) * 1000,
  };
}

/** One audience for all scopes: the issuer where the broker enforces, else the resource's own. */
export function audienceOf(
  issuer: string,
  allowed: readonly AllowedScope[],
  target: string | undefined,
): string {
  const audiences = new Set(allowed.map(({ resource }) => resource.audience ?? issuer));
  const [audience] = audiences;
  if (audience === undefined || audiences.size !== 1) {
    throw invalidTarget('These scopes belong to different audiences; ask for them one by one.');
  }
  if (target !== undefined && target !== audience) {
    throw invalidTarget('The resource parameter is not the audience of these scopes.');
  }
  return audience;
}
