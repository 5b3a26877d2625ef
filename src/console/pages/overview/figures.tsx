import { Link, type LinkProps } from '@tanstack/react-router';
import type { Overview } from '../../../contract/schemas/overview.ts';
import { classes } from '../../parts/classes.ts';

/** The few numbers that say whether anything needs somebody. */
export function Figures({
  overview: { now, denials_24h: denials },
}: {
  readonly overview: Overview;
}) {
  return (
    <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-5">
      <Figure
        name="Approvals waiting"
        value={now.pending_approvals}
        to="/approvals"
        tone="accent"
      />
      <Figure name="Live tasks" value={now.open_tasks} to="/tasks" />
      <Figure
        name="Live leases"
        value={now.live_leases}
        {...(now.overdue_leases > 0 ? { note: `${now.overdue_leases} overdue` } : {})}
      />
      <Figure name="Denials in 24 h" value={denials} />
      <Figure name="Standing stops" value={now.standing_stops} tone="danger" />
    </dl>
  );
}

function Figure({
  name,
  value,
  to,
  tone,
  note,
}: {
  readonly name: string;
  readonly value: number;
  readonly to?: LinkProps['to'];
  /** Of a number that is not zero. */
  readonly tone?: 'accent' | 'danger';
  readonly note?: string;
}) {
  const raised = value > 0 && tone;
  return (
    <div
      className={classes(
        'relative flex max-sm:first:col-span-2 flex-col-reverse justify-end rounded-xl border bg-surface p-4 shadow-card',
        raised === 'accent' && 'border-accent-ink/40',
        raised === 'danger' && 'border-danger-ink/40',
        !raised && 'border-line',
        to !== undefined && 'hover:border-line-strong',
      )}
    >
      <dt className="text-[13px] text-ink-soft">
        {to === undefined ? (
          name
        ) : (
          <Link to={to} className="after:absolute after:inset-0 after:rounded-xl">
            {name}
          </Link>
        )}
      </dt>
      <dd className="flex items-baseline gap-2">
        <span
          className={classes(
            'text-3xl font-semibold tracking-tight tabular-nums',
            raised === 'accent' && 'text-accent-ink',
            raised === 'danger' && 'text-danger-ink',
          )}
        >
          {value.toLocaleString()}
        </span>
        {note !== undefined && (
          <span className="text-[13px] font-medium text-danger-ink">{note}</span>
        )}
      </dd>
    </div>
  );
}
