import { notFound } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Resource } from '../domain/resource.ts';
import type { ProbeReport } from '../ports/provider.ts';
import type { Broker } from './context.ts';

export type { ProbeReport };

/** Asks a resource what it gives away, and keeps the answer on record. @throws notFound | provider… */
export async function probeResource(
  broker: Broker,
  operator: OperatorPrincipal,
  name: string,
): Promise<{ resource: Resource; report: ProbeReport }> {
  const resource = broker.policy.resource(name);
  if (!resource) throw notFound('Resource');
  const report = await broker.health.probe(resource);
  await broker.auditLog.append([
    {
      actor: operator.id,
      action: 'resource.probed',
      subject: `resource:${name}`,
      detail: {
        reachable: report.reachable,
        hardened: report.hardened,
        findings: report.findings.map((finding) => finding.id),
      },
    },
  ]);
  return { resource, report };
}
