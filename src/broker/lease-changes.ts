import type { SandboxChanges } from '../domain/changes.ts';
import { conflict, ended, providerFailed } from '../domain/errors.ts';
import type { Lease } from '../domain/lease.ts';
import type { Principal } from '../domain/principal.ts';
import type { TemplateVersion } from '../domain/template.ts';
import type { Broker } from './context.ts';
import { ownLease } from './own.ts';

const TIMEOUT_MS = 45_000;

/**
 * What was changed in the sandbox of a lease, against the template it was cloned from. On record first, since
 * looking takes a login of our own there.
 *
 * @throws notFound (also for another agent's lease) | conflict where it is no sandbox | ended | provider…
 */
export async function leaseChanges(
  broker: Broker,
  principal: Principal,
  id: string,
): Promise<{ lease: Lease; template: TemplateVersion; changes: SandboxChanges }> {
  const lease = await ownLease(broker, principal, id);
  const template = await broker.templates.ofLease(id);
  if (!template) throw conflict('This lease is no sandbox: there is nothing to compare.');
  if (lease.state !== 'active' || lease.expiresAt <= broker.clock.now()) throw ended('lease');
  const resource = broker.policy.resource(lease.resource);
  const provider = resource && broker.providers.get(resource.kind);
  if (!resource || !provider?.changes) {
    throw providerFailed(
      'provider_misconfigured',
      `${lease.resource} is not in the active bundle.`,
    );
  }
  const root = await broker.secrets.read(resource.connection.url.secret);
  await broker.auditLog.append([
    {
      actor: principal.id,
      action: 'lease.compared',
      subject: id,
      detail: { template: template.id, version: template.version },
    },
  ]);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const changes = await provider.changes({ resource, root, signal, lease, template });
  return { lease, template, changes };
}
