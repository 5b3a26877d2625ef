import { conflict, notFound } from '../domain/errors.ts';
import type { Lease } from '../domain/lease.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Broker } from './context.ts';
import { sealed } from './record.ts';

/**
 * Takes an overdue lease out of the queue on an admin's word: the only way out besides its revocation.
 * It stays on record as abandoned for ever, with the evidence in the audit; should its login show up at
 * the resource after all, the reconciler removes it.
 *
 * @throws notFound | conflict where the lease is not overdue: then the broker still gets it done
 */
export async function abandonLease(
  broker: Broker,
  operator: OperatorPrincipal,
  id: string,
  evidence: string,
): Promise<Lease> {
  const lease = await broker.leases.find(id);
  if (!lease) throw notFound('Lease');
  const abandoned = await broker.queue.abandon(id, {
    actor: operator.id,
    action: 'lease.abandoned',
    subject: id,
    detail: {
      resource: lease.resource,
      outside_name: lease.outsideName,
      attempts: lease.attempts,
      ...(lease.lastError === undefined ? {} : { last_error: lease.lastError }),
      ...(await sealed(broker, operator.id, { evidence })),
    },
  });
  if (!abandoned) throw conflict('Only a lease that is overdue can be abandoned.');
  broker.meter.count('lease', 'abandoned');
  return abandoned;
}
