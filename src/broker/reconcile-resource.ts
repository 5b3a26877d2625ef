import type { AuditDraft } from '../audit/entry.ts';
import { idTime } from '../domain/ids.ts';
import { leaseIdOf } from '../domain/lease.ts';
import type { Resource } from '../domain/resource.ts';
import type { Known, LeftAlone, Reconciliation } from '../ports/reconciliations.ts';
import { type Comparison, compareResource } from './compare-resource.ts';
import type { Broker } from './context.ts';
import { journal } from './record.ts';

/**
 * No lease lives longer than a task, eight hours; one more for clocks. An unknown name that is older
 * can't be a live lease of anybody's; a younger one may be, of a time that a restore lost.
 */
const SURELY_OVER_MS = 9 * 3_600_000;
const BATCH = 500;
/** Names kept with a result. */
const SHOWN = 100;
/** Abandoned leases tried again in one round. */
const ABANDONED_AT_ONCE = 5;
const REMOVE_MS = 5_000;

/**
 * Compares a resource with the leases and mends what is provably wrong: what is ours and ended goes
 * to the queue again, a lease whose login is gone ends once two rounds in a row have missed it. What
 * is not provably ours, or might be alive, is reported and left alone. Yields between steps.
 *
 * @param missedBefore lease ids that the round before did not find at the resource
 * @returns the result, already kept, and the lease ids that were missed this time
 */
export async function* reconcileResource(
  broker: Broker,
  resource: Resource,
  missedBefore: ReadonlySet<string>,
): AsyncGenerator<undefined, { result: Omit<Reconciliation, 'at'>; missed: Set<string> }> {
  const comparison = yield* compareResource(broker, resource);
  let removed = 0;
  for (const page of pages(comparison.ended.filter(({ state }) => state === 'revoked'))) {
    removed += (await reopen(broker, page)).length;
    yield;
  }
  const leftAlone: LeftAlone[] = await abandonedStill(broker, resource, comparison);
  for (const names of pages(comparison.unknown)) {
    const sorted = await sortUnknown(broker, names);
    leftAlone.push(...sorted.leftAlone);
    removed += (await adopt(broker, resource.name, sorted.ours, 'unknown at the store')).length;
    yield;
  }
  const confirmed = comparison.missing.filter(({ id }) => missedBefore.has(id));
  for (const { id } of confirmed) await endMissing(broker, resource, id);
  const result = {
    resource: resource.name,
    owned: comparison.owned,
    removed,
    missing: confirmed.length,
    leftAlone: leftAlone.length,
    names: leftAlone.slice(0, SHOWN),
  };
  await broker.reconciliations.keep(result);
  broker.meter.count('reconcile', leftAlone.length === 0 ? 'clean' : 'left_alone');
  return { result, missed: new Set(comparison.missing.map(({ id }) => id)) };
}

function* pages<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH);
}

function reopen(broker: Broker, leases: readonly Known[]): Promise<string[]> {
  return broker.reconciliations.reopen(
    leases.map(({ id }) => id),
    'found alive at its resource',
    (ids) => entryOf('leases', { found: 'alive_though_ended', leases: [...ids] }),
  );
}

/** Gives what was ours and has no row to the queue. @returns lease ids that are new to it */
export function adopt(
  broker: Broker,
  resource: string,
  outsideNames: readonly string[],
  reason: string,
): Promise<string[]> {
  const leases = outsideNames.flatMap((outsideName) => {
    const id = leaseIdOf(broker.installation, outsideName);
    return id === undefined ? [] : [{ id, outsideName, madeAt: idTime(id) }];
  });
  if (leases.length === 0) return Promise.resolve([]);
  return broker.reconciliations.adopt(leases, resource, reason, (ids) =>
    entryOf(`resource:${resource}`, { found: 'unknown', leases: [...ids], reason }),
  );
}

/** Ours: the chain has its issue, or no lease of that age can be alive. */
async function sortUnknown(
  broker: Broker,
  names: readonly string[],
): Promise<{ ours: string[]; leftAlone: LeftAlone[] }> {
  const ids = new Map(names.map((name) => [name, leaseIdOf(broker.installation, name)]));
  const wellFormed = [...ids.values()].filter((id) => id !== undefined);
  const issued = new Set(await broker.reconciliations.everIssued(wellFormed));
  const surelyOver = broker.clock.now() - SURELY_OVER_MS;
  const ours: string[] = [];
  const leftAlone: LeftAlone[] = [];
  for (const [name, id] of ids) {
    if (id === undefined) leftAlone.push({ name, why: 'not_ours' });
    else if (issued.has(id) || idTime(id) < surelyOver) ours.push(name);
    else leftAlone.push({ name, why: 'unknown' });
  }
  return { ours, leftAlone };
}

/** An abandoned lease stays that on record; its login goes all the same, where it can. */
async function abandonedStill(
  broker: Broker,
  resource: Resource,
  { ended }: Comparison,
): Promise<LeftAlone[]> {
  const abandoned = ended.filter(({ state }) => state === 'abandoned');
  const left: LeftAlone[] = abandoned
    .slice(ABANDONED_AT_ONCE)
    .map(({ outsideName }) => ({ name: outsideName, why: 'abandoned' }));
  for (const lease of abandoned.slice(0, ABANDONED_AT_ONCE)) {
    const gone = await removeAbandoned(broker, resource, lease).catch(() => false);
    if (!gone) left.push({ name: lease.outsideName, why: 'abandoned' });
  }
  return left;
}

async function removeAbandoned(broker: Broker, resource: Resource, lease: Known): Promise<boolean> {
  const root = await broker.secrets.read(resource.connection.url.secret);
  const signal = AbortSignal.timeout(REMOVE_MS);
  const result = await broker.providers
    .get(resource.kind)
    ?.revoke({ lease, resource, root, signal });
  if (!result) return false;
  const detail = { found: 'abandoned', outside_name: lease.outsideName };
  const entry = entryOf(lease.id, { ...detail, sessions_ended: result.sessionsSeen });
  await broker.auditLog.append([entry]);
  return true;
}

/** The queue proves it gone, as it does for every other. */
async function endMissing(broker: Broker, resource: Resource, id: string): Promise<void> {
  const begun = await broker.endings.begin({
    target: { kind: 'lease', id },
    reason: 'its login is gone at the resource',
    actor: 'broker',
    taskState: 'closed',
    entries: [entryOf(id, { found: 'gone_at_the_resource', resource: resource.name })],
  });
  journal(broker, begun.unrecorded);
}

function entryOf(subject: string, detail: AuditDraft['detail']): AuditDraft {
  return { actor: 'broker', action: 'lease.reconciled', subject, detail };
}
