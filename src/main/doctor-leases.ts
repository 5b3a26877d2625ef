import type { Overdue } from '../ports/leases.ts';
import type { LeftAlone, Reconciliation } from '../ports/reconciliations.ts';
import type { DoctorCheck } from './doctor-check.ts';

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** What could not be revoked yet: at which resource, since when, and why. */
export function overdueChecks(overdue: readonly Overdue[], nowMs: number): DoctorCheck[] {
  if (overdue.length === 0)
    return [{ id: 'overdue', level: 'ok', message: 'No lease is overdue.' }];
  return overdue.map(({ resource, count, since, cause }) => ({
    id: `overdue:${resource}`,
    level: 'fail',
    message: `${resource}: ${count} lease(s) could not be revoked yet, the oldest for ${age(nowMs - since)} (${cause}).`,
    next: `countersign lease list --overdue --resource ${resource}`,
  }));
}

const WHY: Readonly<Record<LeftAlone['why'], string>> = {
  unknown: 'of no lease known here, too young to be surely over',
  not_ours: 'no name of a lease',
  abandoned: 'of an abandoned lease, and still there',
};

/** What the last comparison of each resource with the leases found. */
export function reconcileChecks(all: readonly Reconciliation[], nowMs: number): DoctorCheck[] {
  return all.map(({ resource, at, owned, removed, missing, leftAlone, names }) => {
    const id = `reconcile:${resource}`;
    const when = `${resource}: compared with the leases ${age(nowMs - at)} ago`;
    const mended = `${owned} name(s) of ours, ${removed} removed, ${missing} lease(s) without a login ended`;
    if (leftAlone === 0) return { id, level: 'ok', message: `${when}: ${mended}.` };
    const shown = names.slice(0, 5).map(({ name, why }) => `${name} (${WHY[why]})`);
    return {
      id,
      level: 'warn',
      message: `${when}: ${mended}; ${leftAlone} left alone: ${shown.join(', ')}.`,
      next: 'Find out who made them. What no lease can be any more is removed by itself within 9 hours.',
    };
  });
}

/** `3 hours`, in whole units of at least two, as a reader would round. */
function age(ms: number): string {
  for (const [name, size] of UNITS) {
    const n = Math.floor(ms / size);
    if (n >= 2) return `${n} ${name}s`;
  }
  return 'a moment';
}
