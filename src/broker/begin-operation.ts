import type { AuditDraft } from '../audit/entry.ts';
import type { Approval } from '../domain/approval.ts';
import { ended, isBrokerError } from '../domain/errors.ts';
import type { ExactOperation, Operation } from '../domain/operation.ts';
import type { AgentPrincipal } from '../domain/principal.ts';
import type { VotedApproval } from '../ports/approvals.ts';
import { brokerLeaseEntry, newBrokerLease } from './broker-lease.ts';
import type { Broker } from './context.ts';
import { actionOf, decideOperation, type PermittedOperation } from './decide-operation.ts';
import { openExact } from './exact-operation.ts';
import { operatingProvider } from './operating-provider.ts';
import { operationEnded } from './operation-ended.ts';
import { boundsAsJson, termsOf } from './operation-terms.ts';
import { isStillMet, supersede as supersedeApproval } from './recheck-approval.ts';
import { digestOf } from './request-approval.ts';
import { runOperation } from './run-operation.ts';

/** What the broker adds to the time of the statements: making the role, counting, the record. */
const AROUND_MS = 15_000;

/**
 * Begins an operation that may run: decides again, since the world may have changed; then, in one
 * transaction, uses its approval up, reserves its lease and marks it as executing. Of all who try one
 * succeeds, in whichever process; the work itself goes on without the caller.
 *
 * @throws accessDenied and what ended or stopped, as for a lease
 */
export async function beginOperation(
  broker: Broker,
  principal: AgentPrincipal,
  operation: Operation,
): Promise<void> {
  const { token } = principal;
  const voted = await approvalOf(broker, operation);
  const box = await broker.operations.sealed(operation.id);
  const found = token.grantId && (await broker.grants.findWithTask(token.grantId));
  if (!found) throw ended('grant');
  if (box === undefined || (operation.approvalId !== undefined && !voted)) return;
  const exact = openExact(broker, operation, box);
  const action = actionOf(operation);
  const asked = { scope: operation.scope, action, why: [] };
  const permitted = await decideOperation(broker, found, asked);
  const { resource, scope } = permitted;
  const provider = operatingProvider(broker, resource);
  const root = await broker.secrets.read(resource.connection.url.secret);
  const server = provider.serverOf(root);
  const why = await changed(broker, operation, exact, voted, { permitted, server });
  if (why !== undefined) return supersede(broker, operation, why);
  await broker.health.refuseUnhardened(resource);
  const timeMs = exact.statements.length * provider.statementTimeoutMs(scope);
  const workMs = Math.min(timeMs, LONGEST_MS) + AROUND_MS;
  const lease = newBrokerLease(broker, {
    operationId: operation.id,
    grant: found.grant,
    tokenJti: token.jti,
    resource,
    scope,
    provider,
    server,
    bundleVersion: permitted.bundleVersion,
    forMs: workMs + AROUND_MS,
  });
  const approval = voted?.approval;
  const begun = await broker.operations.start({
    id: operation.id,
    lease,
    leases: broker.limits.leasesPerAgent,
    deadlineAt: lease.createdAt + workMs + AROUND_MS,
    ...(approval ? { approval } : {}),
    entries: entriesOf(operation, approval, brokerLeaseEntry(lease, 'execute')),
  });
  if (!begun) return;
  const run = { operation, exact, lease, resource, scope, provider, root, workMs };
  void runOperation(broker, run);
}

/** Longest time all statements of one operation may take together. */
const LONGEST_MS = 300_000;

async function approvalOf(
  broker: Broker,
  { approvalId }: Operation,
): Promise<VotedApproval | undefined> {
  if (approvalId === undefined) return undefined;
  const found = await broker.approvals.find(approvalId);
  const isApproved = found?.approval.state === 'approved';
  return isApproved && found.approval.expiresAt > broker.clock.now() ? found : undefined;
}

/** Why what was approved is not what would be run now. */
async function changed(
  broker: Broker,
  { digest, effect, radius }: Operation,
  exact: ExactOperation,
  voted: VotedApproval | undefined,
  now: { readonly permitted: PermittedOperation; readonly server: string },
): Promise<string | undefined> {
  const { terms, agent } = now.permitted;
  if (exact.server !== now.server) return 'the resource is another server now';
  if (!voted) return terms.approvals.length > 0 ? 'the rules ask for approval now' : undefined;
  const { approval, votes } = voted;
  const asked = digestOf(termsOf(now.permitted, { effect, radius })).digest;
  if (approval.operationDigest !== digest) return 'something else was approved';
  if (approval.termsDigest !== asked) return 'the terms changed since it was asked';
  const isMet = await isStillMet(broker, agent.owner, approval, votes);
  return isMet ? undefined : 'who approved it may no longer';
}

async function supersede(broker: Broker, operation: Operation, reason: string): Promise<void> {
  const { approvalId } = operation;
  if (approvalId !== undefined) await supersedeApproval(broker, approvalId, reason);
  await operationEnded(broker, operation, { state: 'superseded', reason });
}

function entriesOf(
  { id, agentId, digest, radius }: Operation,
  approval: Approval | undefined,
  issuing: ReturnType<typeof brokerLeaseEntry>,
): AuditDraft[] {
  const started: AuditDraft = {
    actor: agentId,
    action: 'operation.started',
    subject: id,
    detail: {
      lease: issuing.subject,
      operation_digest: digest,
      bounds: radius.rows === null ? null : boundsAsJson(radius),
      approval: approval?.id ?? null,
    },
  };
  if (!approval) return [started, issuing];
  const detail = { operation: id, operation_digest: digest, terms_digest: approval.termsDigest };
  const used = { actor: agentId, action: 'approval.used' as const, subject: approval.id, detail };
  return [used, started, issuing];
}

/** Whether a failure to begin leaves the operation as it was, so that the next poll tries again. */
export function mayPass(error: unknown): boolean {
  return isBrokerError(error) && /^(provider_|store_|feed_|conflict|secret_)/.test(error.code);
}
