import { createHash } from 'node:crypto';
import { ended } from '../domain/errors.ts';
import type { Grant } from '../domain/grant.ts';
import { outsideNameOf } from '../domain/lease.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { Secret } from '../domain/secret.ts';
import type { NewLease } from '../ports/leases.ts';
import type { AnyProvider } from '../ports/provider.ts';
import type { Broker } from './context.ts';
import { stragglerOf } from './provider-guard.ts';
import { journal } from './record.ts';
import { revokeInBackground } from './revoke-credential.ts';

/** For what a role of the broker's own is made. */
export interface BrokerLeaseWish {
  readonly operationId: string;
  readonly grant: Grant;
  readonly tokenJti: string;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly provider: AnyProvider;
  readonly server: string;
  readonly bundleVersion: number;
  /** Milliseconds it is needed for. */
  readonly forMs: number;
}

/** A lease that the broker holds itself: it hangs below the same task and grant, and ends with them. */
export function newBrokerLease(broker: Broker, wish: BrokerLeaseWish): NewLease {
  const { grant, resource, scope, forMs } = wish;
  const now = broker.clock.now();
  const id = broker.newId('lease');
  return {
    id,
    grantId: grant.id,
    tokenJti: wish.tokenJti,
    taskId: grant.taskId,
    agentId: grant.agentId,
    resource: resource.name,
    scope: scope.id,
    outsideName: outsideNameOf(broker.installation, id),
    server: wish.server,
    operationId: wish.operationId,
    statementTimeoutMs: wish.provider.statementTimeoutMs(scope),
    bundleVersion: wish.bundleVersion,
    createdAt: now,
    expiresAt: Math.min(grant.expiresAt, now + forMs),
    issueOverAt: now + broker.limits.issueTimeoutMs * 2,
  };
}

/** The entry that its role is about to be made. */
export function brokerLeaseEntry(lease: NewLease, purpose: 'count' | 'execute') {
  return {
    actor: lease.agentId,
    action: 'lease.issuing' as const,
    subject: lease.id,
    detail: {
      task: lease.taskId,
      grant: lease.grantId,
      scope: lease.scope,
      outside_name: lease.outsideName,
      server: lease.server ?? null,
      expires_at: new Date(lease.expiresAt).toISOString(),
      operation: lease.operationId ?? null,
      purpose,
    },
  };
}

/** Told by the provider when the role is there. @throws ended when the lease was ended meanwhile */
export function activating(broker: Broker, lease: NewLease) {
  return async (secret: Secret, serverIdentity?: string): Promise<void> => {
    const sha256 = createHash('sha256').update(secret.reveal()).digest('hex');
    const entry = {
      actor: 'broker',
      action: 'lease.issued' as const,
      subject: lease.id,
      detail: {
        outside_name: lease.outsideName,
        credential_sha256: sha256,
        operation: lease.operationId ?? null,
      },
    };
    if (await broker.leases.activate(lease.id, sha256, entry, serverIdentity)) return;
    throw ended('lease');
  };
}

/**
 * Ends it, whatever came of it: the queue removes the role and proves it gone.
 * @param error with which its use ended: a call that was given up may still make something
 */
export async function endBrokerLease(
  broker: Broker,
  lease: Pick<NewLease, 'id' | 'operationId'>,
  reason: string,
  error?: unknown,
): Promise<void> {
  const { id, operationId } = lease;
  const begun = broker.endings.begin({
    target: { kind: 'lease', id },
    reason,
    actor: 'broker',
    taskState: 'closed',
    entries: [
      {
        actor: 'broker',
        action: 'lease.revoking',
        subject: id,
        detail: { reason, operation: operationId ?? null },
      },
    ],
  });
  const over = () =>
    begun
      .then(({ unrecorded }) => journal(broker, unrecorded))
      .then(() => broker.queue.issueOver(id))
      .then(() => revokeInBackground(broker, [id]))
      // Where the store is away too, its time ends it.
      .catch(() => undefined);
  const straggler = stragglerOf(error);
  if (straggler) void straggler.then(over);
  else await over();
}
