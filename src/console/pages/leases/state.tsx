import type { Lease } from '../../../contract/schemas/tasks.ts';
import { Badge } from '../../parts/badge.tsx';
import { Remaining, Time } from '../../parts/time.tsx';

/** Is there something left to end? */
export function isLive({ state }: Pick<Lease, 'state'>): boolean {
  return state !== 'revoked' && state !== 'abandoned';
}

/** What became of a lease, in one word. */
export function LeaseState({ of }: { readonly of: Lease }) {
  if (of.overdue_since !== undefined && of.state === 'revoking') {
    return <Badge tone="danger">overdue</Badge>;
  }
  if (of.state === 'abandoned') return <Badge tone="warn">abandoned</Badge>;
  if (of.state === 'active') return <Badge tone="good">live</Badge>;
  return <Badge tone={of.state === 'revoked' ? 'neutral' : 'accent'}>{of.state}</Badge>;
}

/** When it ends or ended; for one that is overdue since when, and why. */
export function LeaseEnd({ of }: { readonly of: Lease }) {
  if (of.overdue_since !== undefined && of.state === 'revoking') {
    return (
      <span className="text-danger-ink">
        since <Time at={of.overdue_since} />
      </span>
    );
  }
  if (of.ended_at !== undefined) return <Time at={of.ended_at} />;
  return (
    <span className="text-ink-soft">
      <Remaining until={of.expires_at} /> left
    </span>
  );
}
