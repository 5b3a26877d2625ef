import { notFound } from '../domain/errors.ts';
import type { Lease } from '../domain/lease.ts';
import type { Operation } from '../domain/operation.ts';
import type { Principal } from '../domain/principal.ts';
import type { Task } from '../domain/task.ts';
import type { Broker } from './context.ts';

export type { RecordFilter } from '../ports/page.ts';

/** Records of other agents answer as if they did not exist; operators see all. */
function mayRead(principal: Principal, agentId: string): boolean {
  if (principal.type === 'operator') return true;
  return principal.type === 'agent' && principal.id === agentId;
}

/** @throws notFound */
export async function ownTask(
  broker: Pick<Broker, 'tasks'>,
  principal: Principal,
  id: string,
): Promise<Task> {
  const task = await broker.tasks.find(id);
  if (!task || !mayRead(principal, task.agentId)) throw notFound('Task');
  return task;
}

/** @throws notFound */
export async function ownLease(
  broker: Pick<Broker, 'leases'>,
  principal: Principal,
  id: string,
): Promise<Lease> {
  const lease = await broker.leases.find(id);
  if (!lease || !mayRead(principal, lease.agentId)) throw notFound('Lease');
  return lease;
}

/** @throws notFound */
export async function ownOperation(
  broker: Pick<Broker, 'operations'>,
  principal: Principal,
  id: string,
): Promise<Operation> {
  const operation = await broker.operations.find(id);
  if (!operation || !mayRead(principal, operation.agentId)) throw notFound('Operation');
  return operation;
}

/** The filter of a list, narrowed to an agent's own records. */
export function ownOnly<F extends { readonly agentId?: string | undefined }>(
  principal: Principal,
  filter: F,
): F {
  return principal.type === 'agent' ? { ...filter, agentId: principal.id } : filter;
}
