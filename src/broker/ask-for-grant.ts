import { createHash, randomBytes } from 'node:crypto';
import type { Agent } from '../domain/agent.ts';
import { approvalRequired } from '../domain/approval-errors.ts';
import type { ApprovalCard } from '../domain/approval.ts';
import type { BrokerError } from '../domain/errors.ts';
import { outsideNameOf } from '../domain/lease.ts';
import type { Task } from '../domain/task.ts';
import { hintFor } from '../policy/hint.ts';
import type { ApprovalRequest, RequestedApproval } from '../ports/approvals.ts';
import type { AssertionUse } from '../ports/ledger.ts';
import type { Broker } from './context.ts';
import { type AllowedScope, shortestTtl, type WeighedScopes } from './decide-scopes.ts';
import { grantOperation, grantTerms } from './grant-terms.ts';
import { refusalOf } from './mint-token.ts';
import { audienceOf } from './new-grant.ts';
import { sealed } from './record.ts';
import { approvalUri, tryRequest } from './request-approval.ts';

/** Seconds between polls, to begin with (CIBA Core §7.3). */
const INTERVAL_SECONDS = 5;

/** A grant that persons have to approve first. */
export interface GrantWish {
  readonly agent: Agent;
  readonly task: Task;
  readonly isNew: boolean;
  readonly use: AssertionUse | undefined;
  readonly decision: WeighedScopes;
  readonly target: string | undefined;
  readonly now: number;
}

export type AskedForGrant =
  /** The same was approved and waits to be collected: no need to ask, or to poll. */
  | { readonly kind: 'approved'; readonly approvalId: string }
  | { readonly kind: 'asked'; readonly error: BrokerError }
  | { readonly kind: 'refused'; readonly outcome: Exclude<RequestedApproval, { kind: 'pending' }> };

/**
 * Asks persons about a grant, and makes what the client polls with: 256 random bits, of which only the SHA-256 is
 * kept. A new task opens in the same transaction.
 *
 * @returns the refusal that tells the client to wait, or why nobody was asked
 * @throws approvalUnavailable | invalidTarget
 */
export async function askForGrant(broker: Broker, wish: GrantWish): Promise<AskedForGrant> {
  const { agent, task, decision } = wish;
  const authReqId = randomBytes(32).toString('base64url');
  const audience = audienceOf(broker.issuer, decision.allowed, wish.target);
  const scopes = decision.allowed.map(({ scope }) => scope.id);
  const outcome = await tryRequest(broker, {
    kind: 'grant',
    agent,
    task,
    operation: grantOperation({ agentId: agent.id, taskId: task.id }, scopes, audience),
    terms: await grantTerms(broker, decision),
    requirements: decision.requirements,
    resources: [...new Set(decision.allowed.map(({ resource }) => resource.name))],
    bundleVersion: decision.policy.version,
    card: cardOf(broker, wish),
    along: {
      ...(wish.isNew ? { open: await opening(broker, agent, task) } : {}),
      assertion: wish.use,
      poll: {
        sha256: createHash('sha256').update(authReqId).digest(),
        intervalSeconds: INTERVAL_SECONDS,
      },
      refusal: refusalOf(agent, scopes),
    },
  });
  if (outcome.kind !== 'pending') return { kind: 'refused', outcome };
  if (outcome.approval.state === 'approved') {
    return { kind: 'approved', approvalId: outcome.approval.id };
  }
  broker.meter.count('mint', 'approval_required');
  return { kind: 'asked', error: toldToWait(broker, wish, authReqId, outcome.approval) };
}

function toldToWait(
  broker: Broker,
  { decision, task, now }: GrantWish,
  authReqId: string,
  approval: { readonly id: string; readonly expiresAt: number },
): BrokerError {
  const { asking, policy } = decision;
  const hint = asking ? hintFor(policy, asking.question, asking.decision) : {};
  return approvalRequired(
    'A person has to approve this first.',
    {
      auth_req_id: authReqId,
      approval_id: approval.id,
      approval_uri: approvalUri(broker, approval.id),
      interval: INTERVAL_SECONDS,
      expires_in: Math.max(0, Math.floor((approval.expiresAt - now) / 1000)),
      authorization_details: [{ type: 'task', task_id: task.id }],
    },
    {
      ...hint,
      how: 'Poll the token endpoint with auth_req_id until somebody has answered, or ask for one of the alternatives.',
    },
  );
}

async function opening(
  broker: Broker,
  agent: Agent,
  task: Task,
): Promise<NonNullable<ApprovalRequest['open']>> {
  const { purpose, ticket } = task;
  return {
    task,
    entry: {
      actor: agent.id,
      action: 'task.opened',
      subject: task.id,
      detail: {
        agent: agent.id,
        ticket_verified: false,
        expires_at: new Date(task.expiresAt).toISOString(),
        ...(await sealed(broker, agent.id, { purpose: purpose || undefined, ticket })),
      },
    },
  };
}

const REVERSIBILITY = {
  read: 'reversible',
  read_secret: 'irreversible',
  sandbox: 'reversible',
  write: 'unknown',
  destroy: 'irreversible',
} as const;
const BY_DANGER = ['destroy', 'write', 'read_secret', 'read', 'sandbox'] as const;

function cardOf(broker: Broker, { decision: { allowed }, task, now }: GrantWish): ApprovalCard {
  const effect = BY_DANGER.find((one) => allowed.some(({ scope }) => scope.effect === one));
  const [first] = allowed;
  const guarded = allowed.find(({ resource }) => resource.environment.protected) ?? first;
  const until = now + shortestTtl(allowed) * 1000;
  return {
    scope: allowed.map(({ scope }) => scope.id).join(' '),
    resource: [...new Set(allowed.map(({ resource }) => resource.name))].join(' '),
    ...(guarded ? { environment: guarded.resource.environment } : {}),
    effect: effect ?? 'read',
    reversibility: REVERSIBILITY[effect ?? 'read'],
    plan: allowed.flatMap((one) => planOf(broker, one, until)),
    words: {
      ...(task.purpose === '' ? {} : { purpose: task.purpose }),
      ...(task.ticket === undefined ? {} : { ticket: task.ticket }),
    },
  };
}

/** What the provider would run for a lease under this scope; nothing of a lease that exists. */
function planOf(broker: Broker, { scope, resource }: AllowedScope, until: number): string[] {
  const id = 'lse_00000000000000000000000000';
  const outsideName = outsideNameOf(broker.installation, id);
  const lease = { id, outsideName, expiresAt: until };
  const template = scope.effect === 'sandbox' ? { template: { database: '<template>' } } : {};
  return broker.providers.get(resource.kind)?.plan({ lease, resource, scope, ...template }) ?? [];
}
