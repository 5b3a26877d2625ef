import { conflict, ended } from '../domain/errors.ts';
import type { Lease } from '../domain/lease.ts';
import type { AgentPrincipal } from '../domain/principal.ts';
import type { Broker } from './context.ts';
import { decideAgain } from './decide-again.ts';
import { refuseWhenStale } from './freshness.ts';
import { countersigned } from './login-mode.ts';
import { ownLease } from './own.ts';

/**
 * Decides again and moves the end of a lease, never past its grant. Outside first: were the store
 * first and the broker died between, the record would promise time that the login does not have.
 *
 * @throws ended | accessDenied | notFound | conflict where the provider cannot renew
 */
export async function renewLease(
  broker: Broker,
  principal: AgentPrincipal,
  id: string,
): Promise<Lease> {
  refuseWhenStale(broker);
  const lease = await ownLease(broker, principal, id);
  // What the broker holds itself lives as long as the broker needs it.
  if (lease.operationId !== undefined) throw conflict('The role of an operation is not renewed.');
  const now = broker.clock.now();
  if (lease.state !== 'active' || lease.expiresAt <= now) throw ended('lease');
  const found = await broker.grants.findWithTask(lease.grantId);
  if (!found) throw ended('grant');
  const allowed = await decideAgain(broker, found, lease.scope);
  const { scope, resource } = allowed;
  const provider = broker.providers.get(resource.kind);
  if (!provider?.renew) throw conflict(`Leases of ${resource.name} cannot be renewed.`);
  const expiresAt = Math.min(found.grant.expiresAt, now + scope.maxTtlSeconds * 1000);
  const root = await broker.secrets.read(resource.connection.url.secret);
  const signal = AbortSignal.timeout(broker.limits.issueTimeoutMs);
  await provider.renew({
    lease: { ...lease, expiresAt },
    resource,
    scope,
    root,
    signal,
    ...countersigned(allowed),
  });
  const renewed = await broker.leases.extend(id, expiresAt, {
    actor: principal.id,
    action: 'lease.renewed',
    subject: id,
    detail: { expires_at: new Date(expiresAt).toISOString() },
  });
  if (!renewed) throw ended('lease');
  return renewed;
}
