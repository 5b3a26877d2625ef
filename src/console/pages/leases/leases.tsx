import { Link, useSearch } from '@tanstack/react-router';
import { KeySquare } from 'lucide-react';
import { useState } from 'react';
import type { Lease } from '../../../contract/schemas/tasks.ts';
import { Button } from '../../parts/button.tsx';
import { counted } from '../../parts/duration.ts';
import { Empty } from '../../parts/empty.tsx';
import { AgentName } from '../../parts/named.tsx';
import { Panel } from '../../parts/panel.tsx';
import { type Column, ROW_LINK, Table } from '../../parts/table.tsx';
import { usePages } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';
import { BulkRevoke } from './bulk-revoke.tsx';
import { FilterBar } from './filters.tsx';
import { type LeasesSearch, readLeasesSearch } from './search.ts';
import { isLive, LeaseEnd, LeaseState } from './state.tsx';

const EVERY_MS = 10_000;

/** Every lease that the filters let through, and the way to end many at once. */
export function Leases() {
  const filters = readLeasesSearch(useSearch({ strict: false }));
  const rows = usePages('listLeases', { query: queryOf(filters) }, { every: EVERY_MS });
  const [chosen, setChosen] = useState<ReadonlyMap<string, Lease>>(new Map());
  const [isOpen, setOpen] = useState(false);
  const may = useMay('admin', 'approver');
  const live = rows.items.filter(isLive);
  const toggle = (lease: Lease) => {
    const next = new Map(chosen);
    if (!next.delete(lease.id)) next.set(lease.id, lease);
    setChosen(next);
  };
  const close = () => {
    setOpen(false);
    setChosen(new Map());
  };
  return (
    <>
      <FilterBar filters={filters} />
      {may && live.length > 0 && (
        <div className="flex flex-wrap items-center gap-3 text-sm">
          <Button
            size="sm"
            look="danger-quiet"
            disabled={chosen.size === 0}
            onClick={() => setOpen(true)}
          >
            Revoke {chosen.size > 0 ? counted(chosen.size, 'lease') : 'those chosen'}
          </Button>
          <Button
            size="sm"
            look="ghost"
            onClick={() => setChosen(new Map(live.map((lease) => [lease.id, lease])))}
          >
            Choose all {counted(live.length, 'live one')}
            {rows.hasMore ? ' read so far' : ''}
          </Button>
          {chosen.size > 0 && (
            <Button size="sm" look="ghost" onClick={() => setChosen(new Map())}>
              Choose none
            </Button>
          )}
        </div>
      )}
      <Panel flush>
        <Table
          label="Leases"
          rows={rows}
          columns={columnsOf(may ? { chosen, toggle } : undefined)}
          keyOf={({ id }) => id}
          empty={<NoLeases hasFilters={isFiltered(filters)} />}
        />
      </Panel>
      {isOpen && <BulkRevoke leases={[...chosen.values()]} close={close} />}
    </>
  );
}

interface Choice {
  readonly chosen: ReadonlyMap<string, Lease>;
  readonly toggle: (lease: Lease) => void;
}

function columnsOf(choice: Choice | undefined): readonly Column<Lease>[] {
  return [
    {
      header: 'Scope',
      width: 'minmax(0,1.5fr)',
      narrow: 'title',
      cell: (lease) => (
        <div className="flex min-w-0 items-center gap-3">
          {choice && <Choose lease={lease} {...choice} />}
          <div className="min-w-0">
            <Link
              to="/leases/$id"
              params={{ id: lease.id }}
              className={`${ROW_LINK} font-mono text-[13px]`}
            >
              {lease.scope}
            </Link>
            <div className="font-mono text-xs font-normal break-all text-ink-faint">{lease.id}</div>
          </div>
        </div>
      ),
    },
    { header: 'Agent', cell: ({ agent_id }) => <AgentName id={agent_id} /> },
    {
      header: 'Task',
      narrow: 'hidden',
      cell: ({ task_id }) => (
        <Link
          to="/tasks/$id"
          params={{ id: task_id }}
          className="relative z-10 font-mono text-xs break-all text-ink-soft hover:text-accent-ink hover:underline"
        >
          {task_id}
        </Link>
      ),
    },
    { header: 'State', width: '6.5rem', cell: (lease) => <LeaseState of={lease} /> },
    {
      header: 'End',
      width: 'minmax(0,1fr)',
      cell: (lease) => (
        <>
          <LeaseEnd of={lease} />
          <div className="text-xs break-words text-ink-faint">{whyOf(lease)}</div>
        </>
      ),
    },
  ];
}

function Choose({ lease, chosen, toggle }: Choice & { readonly lease: Lease }) {
  return (
    <input
      type="checkbox"
      aria-label={`Choose ${lease.id}`}
      disabled={!isLive(lease)}
      checked={chosen.has(lease.id)}
      onChange={() => toggle(lease)}
      className="relative z-10 size-4 shrink-0 accent-accent disabled:invisible"
    />
  );
}

/** Why it ended, or is still there. */
function whyOf({ last_error, end_reason, overdue_since }: Lease): string {
  return (overdue_since === undefined ? end_reason : (last_error ?? end_reason)) ?? '';
}

function queryOf({ agent, task, resource, state = 'live' }: LeasesSearch) {
  return {
    ...(agent === undefined ? {} : { agent }),
    ...(task === undefined ? {} : { task }),
    ...(resource === undefined ? {} : { resource }),
    ...(state === 'live' ? { live: 'true' as const } : {}),
    ...(state === 'overdue' ? { overdue: 'true' as const } : {}),
    ...(state === 'abandoned' ? { abandoned: 'true' as const } : {}),
  };
}

const isFiltered = ({ agent, task, resource, state }: LeasesSearch) =>
  (agent ?? task ?? resource ?? state) !== undefined;

function NoLeases({ hasFilters }: { readonly hasFilters: boolean }) {
  if (hasFilters) {
    return (
      <Empty icon={KeySquare} title="No lease fits these filters">
        Take one away to see more.
      </Empty>
    );
  }
  return (
    <Empty icon={KeySquare} title="No credential is out">
      A lease is a credential that an agent holds for minutes. It appears here when an agent with a
      task asks for a scope, for example with <code>countersign lease issue orders-db:read</code>,
      and goes when the task ends, when its time is over, or when somebody revokes it.
    </Empty>
  );
}
