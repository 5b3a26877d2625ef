import type { Operation } from '../domain/operation.ts';
import type { OperationEnd, OperationStore } from '../ports/operations.ts';
import type { Broker } from './context.ts';

const ACTIONS = {
  succeeded: 'operation.succeeded',
  rolled_back: 'operation.rolled_back',
  failed: 'operation.failed',
  superseded: 'operation.superseded',
  unknown: 'operation.unknown',
} as const satisfies Record<OperationEnd, string>;

/**
 * Records how an operation ended. Of several who say so, the first is heard.
 * @returns false when it had ended before
 */
export async function operationEnded(
  broker: Broker,
  { id, leaseId }: Pick<Operation, 'id' | 'leaseId'>,
  end: Parameters<OperationStore['finish']>[1],
): Promise<boolean> {
  const { state, counts, reason } = end;
  const done = await broker.operations.finish(id, end, {
    actor: 'broker',
    action: ACTIONS[state],
    subject: id,
    detail: {
      ...(leaseId === undefined ? {} : { lease: leaseId }),
      ...(counts === undefined ? {} : { rows: { ...counts } }),
      ...(reason === undefined ? {} : { reason }),
    },
  });
  if (done) broker.meter.count('operation', state);
  return done;
}
