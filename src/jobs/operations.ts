import type { Broker } from '../broker/context.ts';
import { resolveOperation } from '../broker/resolve-operation.ts';
import type { Job } from './schedule.ts';

const AT_ONCE = 20;

/**
 * Operations that nobody ended: what a crash left executing is found out, what became of approvals is kept,
 * and results that nobody fetched leave.
 */
export function operationsJob(
  broker: Broker,
  everyMs: number,
  onFailure: (operation: string, error: unknown) => void,
): Job {
  return {
    name: 'operations',
    everyMs,
    run: async () => {
      await broker.operations.settle();
      for (const { id } of await broker.operations.unresolved(AT_ONCE)) {
        await resolveOperation(broker, id).catch((error: unknown) => onFailure(id, error));
      }
    },
  };
}
