import type { Lease } from '../contract/schemas/tasks.ts';
import type { Output } from './output.ts';
import { relativeTime } from './relative-time.ts';
import type { Column } from './table.ts';

/** Columns of a list of leases. */
export function leaseColumns(out: Output, nowMs: number): Column<Lease>[] {
  return [
    { title: 'LEASE', value: (lease) => lease.id },
    { title: 'AGENT', value: (lease) => lease.agent_id },
    { title: 'SCOPE', value: (lease) => lease.scope, flexible: true },
    { title: 'STATE', value: stateOf, tint: (lease, text) => tint(out, lease, text) },
    { title: 'ENDS', value: (lease) => relativeTime(lease.ended_at ?? lease.expires_at, nowMs) },
    { title: 'DEAD', value: (lease) => deadAfter(lease) },
  ];
}

/** Columns of a list of overdue leases: since when, how often it was tried, and why it failed. */
export function overdueColumns(out: Output, nowMs: number): Column<Lease>[] {
  return [
    { title: 'LEASE', value: (lease) => lease.id },
    { title: 'AGENT', value: (lease) => lease.agent_id },
    { title: 'SCOPE', value: (lease) => lease.scope },
    {
      title: 'OVERDUE',
      value: (lease) => relativeTime(lease.overdue_since ?? '', nowMs),
      tint: (_lease, text) => out.paint.red(text),
    },
    { title: 'TRIED', value: (lease) => String(lease.attempts ?? 0) },
    { title: 'CAUSE', value: (lease) => lease.last_error, flexible: true },
  ];
}

/** An abandoned lease keeps since when it was. */
function isOverdue(lease: Lease): boolean {
  return lease.state === 'revoking' && lease.overdue_since !== undefined;
}

/** `38 ms`: from the accepted revoke to the first count of zero sessions. */
function deadAfter(lease: Lease): string | undefined {
  return lease.dead_ms === undefined ? undefined : `${Math.round(lease.dead_ms)} ms`;
}

/** One line for one lease that was to end. */
export function describeEnd(out: Output, lease: Lease): string {
  if (lease.state === 'revoked') {
    const proof = lease.dead_ms === undefined ? '' : `, no session left after ${deadAfter(lease)}`;
    return `${out.paint.green('dead')}   ${lease.id}  ${lease.scope}${proof}`;
  }
  const cause = lease.last_error ? `: ${lease.last_error}` : '';
  return `${out.paint.yellow(stateOf(lease))}  ${lease.id}  ${lease.scope}${cause}`;
}

function stateOf(lease: Lease): string {
  return isOverdue(lease) ? 'overdue' : lease.state;
}

function tint(out: Output, lease: Lease, text: string): string {
  if (isOverdue(lease) || lease.state === 'abandoned') return out.paint.red(text);
  if (lease.state === 'active') return out.paint.green(text);
  return lease.state === 'revoked' ? out.paint.dim(text) : out.paint.yellow(text);
}
