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
  return lease.overdue_since ? 'overdue' : lease.state;
}

function tint(out: Output, lease: Lease, text: string): string {
  if (lease.overdue_since) return out.paint.red(text);
  if (lease.state === 'active') return out.paint.green(text);
  return lease.state === 'revoked' ? out.paint.dim(text) : out.paint.yellow(text);
}
