import { Link } from '@tanstack/react-router';
import { Panel } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { useRead } from '../../wire/query.ts';

const SHOWN = 8;

/** What is out there now for one resource. */
export function LiveLeases({ resource }: { readonly resource: string }) {
  const leases = useRead('listLeases', { query: { resource, live: 'true', limit: SHOWN } });
  const items = leases.data?.items ?? [];
  return (
    <Panel
      title="Live leases"
      aside={
        <Link
          to="/leases"
          search={{ resource }}
          className="text-[13px] font-medium text-accent-ink underline-offset-2 hover:underline"
        >
          All of them
        </Link>
      }
    >
      {items.length === 0 ? (
        <p className="text-sm text-ink-soft">
          {leases.error ? 'They cannot be read now.' : 'Nobody holds a credential for it.'}
        </p>
      ) : (
        <ul className="flex flex-col gap-3 text-sm">
          {items.map((lease) => (
            <li key={lease.id} className="flex items-baseline justify-between gap-3">
              <span className="min-w-0 truncate font-mono text-[13px]">{lease.scope}</span>
              <span className="shrink-0 text-ink-soft">
                {lease.overdue_since === undefined ? (
                  <>
                    ends <Time at={lease.expires_at} />
                  </>
                ) : (
                  <span className="text-danger-ink">overdue</span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
