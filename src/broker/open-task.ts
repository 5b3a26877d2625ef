import { agentSuspended, invalidRequest } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import { TASK_TTL_SECONDS, type Task } from '../domain/task.ts';
import type { Broker } from './context.ts';
import { refuseWhenStale } from './freshness.ts';
import { findAgent } from './manage-agents.ts';
import { ownTask } from './own.ts';
import { sealed } from './record.ts';
import { revoke } from './revoke.ts';

export interface OpenTaskRequest {
  readonly purpose: string;
  readonly ticket?: string | undefined;
  /** Id or name; operators only. */
  readonly agent?: string | undefined;
  readonly ttlSeconds?: number | undefined;
}

/**
 * Opens a task. A ticket counts as verified only when an operator names it: what an agent says
 * about itself asserts nothing (promise 8).
 *
 * @throws invalidRequest | notFound | stopped | agentSuspended
 */
export async function openTask(
  broker: Broker,
  principal: Principal,
  request: OpenTaskRequest,
): Promise<Task> {
  refuseWhenStale(broker);
  const byOperator = principal.type === 'operator';
  if (byOperator === (request.agent === undefined)) {
    throw invalidRequest(
      byOperator ? 'agent: say whose task this is.' : 'agent: an agent opens its own tasks only.',
      'agent',
    );
  }
  const agent = await findAgent(broker, request.agent ?? principal.id);
  if (agent.state !== 'active') throw agentSuspended();
  const now = broker.clock.now();
  const id = broker.newId('task');
  const ttl = Math.min(request.ttlSeconds ?? TASK_TTL_SECONDS.default, TASK_TTL_SECONDS.longest);
  const { ticket } = request;
  return broker.tasks.open(
    {
      id,
      agentId: agent.id,
      purpose: request.purpose,
      openedBy: byOperator ? 'operator' : 'agent',
      createdAt: now,
      expiresAt: now + ttl * 1000,
      ...(ticket === undefined ? {} : { ticket }),
      ...(byOperator && ticket !== undefined ? { verifiedTicket: ticket } : {}),
    },
    {
      actor: principal.id,
      action: 'task.opened',
      subject: id,
      detail: {
        agent: agent.id,
        ticket_verified: byOperator && ticket !== undefined,
        expires_at: new Date(now + ttl * 1000).toISOString(),
        ...(await sealed(broker, agent.id, { purpose: request.purpose, ticket })),
      },
    },
  );
}

/** Closes a task and ends everything below it. @throws notFound */
export async function closeTask(
  broker: Broker,
  principal: Principal,
  id: string,
  reason: string,
): Promise<Task> {
  const task = await ownTask(broker, principal, id);
  if (task.endedAt === undefined) {
    await revoke(broker, { target: { kind: 'task', id }, reason, actor: principal.id });
  }
  return ownTask(broker, principal, id);
}
