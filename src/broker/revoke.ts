import type { AuditAction, AuditDetail, AuditDraft } from '../audit/entry.ts';
import { notFound } from '../domain/errors.ts';
import type { NoticeDraft } from '../domain/notice.ts';
import type { CascadeStep, EndTarget, RevocableTarget } from '../ports/endings.ts';
import type { Broker } from './context.ts';
import { journal, sealed } from './record.ts';
import { revokeInBackground } from './revoke-credential.ts';

export type { RevocableTarget };

export interface RevokeRequest {
  readonly target: RevocableTarget;
  readonly reason: string;
  readonly actor: string;
  readonly taskState?: 'closed' | 'expired';
}

export interface Revocation {
  readonly id: string;
  readonly state: 'done';
  readonly ended: { readonly tokens: number; readonly leases: number };
  readonly stopId?: string;
}

/** Targets that stay stopped until an operator lifts it. */
const STOPPING = new Set<EndTarget['kind']>(['agent', 'resource', 'all']);

/**
 * Ends everything below a target. The first transaction makes all of it refuse at once; the rest ends
 * it row by row in batches. Never refused for want of an audit entry: those are journaled.
 *
 * @throws notFound for an unknown id
 */
export async function revoke(broker: Broker, request: RevokeRequest): Promise<Revocation> {
  const { target, reason, actor } = request;
  if (target.kind === 'resource') await refuseUnknownResource(broker, target.id);
  const id = broker.newId('revocation');
  const stopId = STOPPING.has(target.kind) ? broker.newId('stop') : undefined;
  const begun = await broker.endings.begin({
    target,
    reason,
    actor,
    taskState: request.taskState ?? 'closed',
    ...(stopId === undefined ? {} : { stopId, notice: await stopNotice(broker, request, stopId) }),
    entries: await openingEntries(broker, id, request, stopId),
  });
  if (!begun.found)
    throw notFound(target.kind === 'all' ? 'Target' : `${target.kind} ${target.id}`);
  journal(broker, begun.unrecorded);
  const ended = await cascade(broker, { target, reason, actor });
  broker.meter.count('revocation', target.kind);
  return { id, state: 'done', ended, ...(stopId === undefined ? {} : { stopId }) };
}

/** Ends what hangs below a root that is already marked; also what a crash left undone. */
export async function cascade(
  broker: Broker,
  ending: CascadeStep,
): Promise<{ tokens: number; leases: number }> {
  const total = { tokens: 0, leases: 0 };
  await endApprovals(broker, ending);
  for (;;) {
    const step = await broker.endings.step(ending, (ended) => ({
      actor: ending.actor,
      action: 'revocation.completed',
      subject: subjectOf(ending.target),
      detail: { tokens: ended.tokens, grants: ended.grants, leases: [...ended.leases] },
    }));
    journal(broker, step.unrecorded);
    total.tokens += step.tokens;
    total.leases += step.leases.length;
    // Only at first: the queue is for the many, in a pace that the resource stands.
    if (total.leases === step.leases.length) revokeInBackground(broker, step.leases);
    if (step.done) break;
  }
  // This process's own caches hear of it through the feed too; wait until they have.
  await broker.feed.catchUp().catch(() => undefined);
  // A lease or token that is itself the target was ended by the first transaction.
  if (ending.target.kind === 'token') total.tokens += 1;
  if (ending.target.kind === 'lease') {
    total.leases += 1;
    revokeInBackground(broker, [ending.target.id]);
  }
  return total;
}

const OVER = {
  agent: 'its agent was suspended',
  task: 'its task has ended',
  resource: 'its resource was stopped',
  all: 'everything was stopped',
} as const;

/** Nobody is asked any more about what cannot come about; nor is it used if it was approved. */
async function endApprovals(broker: Broker, { target, actor }: CascadeStep): Promise<void> {
  const { kind } = target;
  if (kind !== 'agent' && kind !== 'task' && kind !== 'resource' && kind !== 'all') return;
  let more = true;
  while (more) {
    const step = await broker.approvals.endBelow(target, OVER[kind], actor);
    journal(broker, step.unrecorded);
    more = step.more;
  }
}

/** One that left the bundle may have leases still, and this process may have no policy yet. */
async function refuseUnknownResource(broker: Broker, name: string): Promise<void> {
  if (broker.policy.resource(name)) return;
  if (!(await broker.leases.resourcesInUse()).includes(name)) throw notFound('Resource');
}

/** Whoever is told of a stop learns what stands still, who wanted it, and where to lift it. */
async function stopNotice(
  broker: Broker,
  { target, reason, actor }: RevokeRequest,
  stopId: string,
): Promise<NoticeDraft> {
  const what =
    target.kind === 'all' ? 'Everything' : `${target.kind} ${await shownName(broker, target)}`;
  return {
    id: broker.newId('notice'),
    kind: 'stop.placed',
    subject: stopId,
    title: `Stopped: ${what}`,
    lines: [`Reason: ${reason}`, `By: ${actor}`, 'It stays stopped until an operator lifts it.'],
    path: '/console/',
    to: [],
  };
}

/** An agent by its name where that is at hand: a stop does not wait for it. */
async function shownName(
  broker: Broker,
  target: Exclude<RevocableTarget, { kind: 'all' }>,
): Promise<string> {
  if (target.kind !== 'agent') return target.id;
  const agent = await broker.directory.agent(target.id).catch(() => undefined);
  return agent?.name ?? target.id;
}

function subjectOf(target: EndTarget): string {
  if (target.kind === 'all') return 'all';
  return target.kind === 'resource' ? `resource:${target.id}` : target.id;
}

const ACTION: Partial<Record<EndTarget['kind'], AuditAction>> = {
  agent: 'agent.suspended',
  task: 'task.closed',
  grant: 'grant.ended',
  token: 'token.revoked',
  lease: 'lease.revoking',
};

async function openingEntries(
  broker: Broker,
  id: string,
  request: RevokeRequest,
  stopId: string | undefined,
): Promise<AuditDraft[]> {
  const subject = subjectOf(request.target);
  // What sealing needs may be away just now; a reason must not keep anybody from stopping.
  const words: AuditDetail = await sealed(broker, request.actor, { reason: request.reason }).catch(
    () => ({ reason_unsealed: true }),
  );
  const entries: AuditDraft[] = [
    { actor: request.actor, action: 'revocation.accepted', subject, detail: { id, ...words } },
  ];
  const action = ACTION[request.target.kind];
  if (action) {
    entries.push({ actor: request.actor, action, subject, detail: { revocation: id } });
  }
  if (stopId !== undefined) {
    entries.push({
      actor: request.actor,
      action: 'stop.placed',
      subject: stopId,
      detail: { kind: request.target.kind, target: subject },
    });
  }
  return entries;
}
