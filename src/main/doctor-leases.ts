import type { Overdue } from '../ports/leases.ts';
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

/** `3 hours`, in whole units of at least two, as a reader would round. */
function age(ms: number): string {
  for (const [name, size] of UNITS) {
    const n = Math.floor(ms / size);
    if (n >= 2) return `${n} ${name}s`;
  }
  return 'a moment';
}
