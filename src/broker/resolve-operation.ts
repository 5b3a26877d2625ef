import type { Lease } from '../domain/lease.ts';
import type { Operation } from '../domain/operation.ts';
import { endBrokerLease } from './broker-lease.ts';
import type { Broker } from './context.ts';
import { operatingProvider } from './operating-provider.ts';
import { operationEnded } from './operation-ended.ts';
import { wayTo } from './way-to-lease.ts';

const TIMEOUT_MS = 10_000;

/**
 * Finds out what became of an operation whose end nobody recorded: where COMMIT had not been announced,
 * nothing was changed and can no longer be; otherwise the resource knows its transaction.
 *
 * @returns whether its end is on record now
 * @throws provider… when the resource could not be asked
 */
export async function resolveOperation(broker: Broker, id: string): Promise<boolean> {
  const operation = await broker.operations.find(id);
  if (operation?.state !== 'executing' || operation.leaseId === undefined) return true;
  const lease = await broker.leases.find(operation.leaseId);
  if (!lease) return over(broker, operation, 'unknown', 'its lease is not on record any more');
  if (lease.state === 'reserved' || lease.state === 'active') {
    await endBrokerLease(broker, lease, 'nobody finished the operation');
  }
  const { transaction, counts } = operation;
  if (!counts) return over(broker, operation, 'failed', 'It was interrupted. Nothing was changed.');
  // It read only, or met no row: whether that was committed is all the same.
  if (transaction === undefined) return over(broker, operation, 'succeeded');
  switch (await askFor(broker, lease, transaction)) {
    case 'committed':
      return over(broker, operation, 'succeeded');
    case 'aborted':
      return over(broker, operation, 'failed', 'It was interrupted. Nothing was changed.');
    case 'unknown':
      return over(
        broker,
        operation,
        'unknown',
        'The resource does not know its transaction any more.',
      );
    case 'running':
      // Its session ends with the lease; then there is an answer.
      return false;
  }
}

async function over(
  broker: Broker,
  operation: Operation,
  state: 'succeeded' | 'failed' | 'unknown',
  reason?: string,
): Promise<boolean> {
  const { counts } = operation;
  await operationEnded(broker, operation, {
    state,
    ...(counts ? { counts } : {}),
    ...(reason === undefined ? {} : { reason }),
  });
  return true;
}

async function askFor(broker: Broker, lease: Lease, transaction: string) {
  const { resource, root } = await wayTo(broker, lease);
  const provider = operatingProvider(broker, resource);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return provider.outcomeOf({ resource, root, signal, lease, transaction });
}
