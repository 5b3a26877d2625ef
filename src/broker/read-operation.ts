import { type Approval, stateAt } from '../domain/approval.ts';
import type { Operation } from '../domain/operation.ts';
import type { AgentPrincipal, Principal } from '../domain/principal.ts';
import { beginOperation, mayPass } from './begin-operation.ts';
import type { Broker } from './context.ts';
import { refuseWhenStale } from './freshness.ts';
import { ownOperation } from './own.ts';

/**
 * Reads an operation once it is over, or after `seconds`. Whoever holds the token of its task begins it by
 * this, as soon as it is approved.
 *
 * @param signal ends the wait early: nobody is there any more
 * @throws notFound; rateLimited where too many of the caller's requests wait already; what stands in the way
 *   of beginning it
 */
export async function awaitOperation(
  broker: Broker,
  principal: Principal,
  id: string,
  seconds: number,
  signal: AbortSignal,
): Promise<Operation> {
  const leave = seconds === 0 ? () => undefined : broker.waiters.enter(principal.id);
  const until = broker.clock.monotonic() + seconds * 1000;
  try {
    for (;;) {
      const left = Math.max(until - broker.clock.monotonic(), 0);
      const found = await once(broker, principal, id, { left, signal });
      if (found) return found;
    }
  } finally {
    leave();
  }
}

/** One look: the operation when there is nothing more to wait for, else nothing, after something happened. */
async function once(
  broker: Broker,
  principal: Principal,
  id: string,
  { left, signal }: { readonly left: number; readonly signal: AbortSignal },
): Promise<Operation | undefined> {
  const first = await ownOperation(broker, principal, id);
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  // Before reading again: what changes after the read wakes us.
  const topics = [`operation:${id}` as const];
  const { approvalId } = first;
  const woken = [
    ...topics,
    ...(approvalId === undefined ? [] : [`approval:${approvalId}` as const]),
  ].map((topic) => broker.wakeups.wait(topic, left, stop));
  let timer: NodeJS.Timeout | undefined;
  try {
    const approval = await openApproval(broker, first);
    if (approval?.state === 'approved' && holdsTask(principal, first)) {
      refuseWhenStale(broker);
      await begin(broker, principal, first, left);
    }
    const now = await ownOperation(broker, principal, id);
    const isOver = now.state !== 'pending' && now.state !== 'executing';
    if (isOver || left === 0 || signal.aborted) return now;
    const toGo = approval ? approval.expiresAt - broker.clock.now() : left;
    timer = setTimeout(() => done.abort(), Math.max(1, Math.min(toGo, left)));
    await Promise.race(woken);
    return undefined;
  } finally {
    clearTimeout(timer);
    done.abort();
  }
}

async function openApproval(
  broker: Broker,
  { state, approvalId }: Operation,
): Promise<Approval | undefined> {
  if (state !== 'pending' || approvalId === undefined) return undefined;
  const approval = (await broker.approvals.find(approvalId))?.approval;
  if (!approval) return undefined;
  const at = stateAt(approval, broker.clock.now());
  return at === 'pending' || at === 'approved' ? { ...approval, state: at } : undefined;
}

function holdsTask(principal: Principal, operation: Operation): principal is AgentPrincipal {
  return (
    principal.type === 'agent' &&
    principal.id === operation.agentId &&
    principal.token.taskId === operation.taskId &&
    principal.token.scope.split(' ').includes(operation.scope)
  );
}

/** What passes by itself is no reason to give up waiting. */
async function begin(
  broker: Broker,
  principal: AgentPrincipal,
  operation: Operation,
  left: number,
): Promise<void> {
  try {
    await beginOperation(broker, principal, operation);
  } catch (error) {
    if (left === 0 || !mayPass(error)) throw error;
    await broker.policy.refresh();
  }
}
