import { Database } from 'lucide-react';
import type { Overview } from '../../../contract/schemas/overview.ts';
import { Empty } from '../../parts/empty.tsx';
import { Environment } from '../../parts/environment.tsx';
import { Panel } from '../../parts/panel.tsx';

/** Live credentials by resource, the busiest first. */
export function LeasesByResource({ rows }: { readonly rows: Overview['leases_by_resource'] }) {
  const most = Math.max(1, ...rows.map(({ live }) => live));
  const sorted = rows.toSorted((a, b) => b.live - a.live);
  return (
    <Panel title="Live leases by resource" flush={rows.length === 0}>
      {rows.length === 0 ? (
        <Empty icon={Database} title="No credential is out">
          Credentials appear here while they live, and leave once they are revoked with proof.
        </Empty>
      ) : (
        <ul className="flex flex-col gap-4">
          {sorted.map(({ resource, environment, protected: isProtected, live, overdue }) => (
            <li key={resource}>
              <div className="flex flex-wrap items-center gap-2 text-sm">
                <span className="font-medium">{resource}</span>
                {environment !== undefined && (
                  <Environment name={environment} isProtected={isProtected} />
                )}
                <span className="ml-auto tabular-nums">
                  {live} live
                  {overdue > 0 && (
                    <span className="font-medium text-danger-ink"> · {overdue} overdue</span>
                  )}
                </span>
              </div>
              <div aria-hidden className="mt-1.5 h-2 overflow-hidden rounded-full bg-hover">
                <div
                  className="h-full rounded-full bg-accent"
                  style={{ width: `${(live / most) * 100}%` }}
                />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
