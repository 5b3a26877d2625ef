import { Link } from '@tanstack/react-router';
import { Database, KeyRound } from 'lucide-react';
import type { Resource } from '../../../contract/schemas/operate.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Environment } from '../../parts/environment.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { type Column, ROW_LINK, Table } from '../../parts/table.tsx';
import { usePages } from '../../wire/query.ts';
import { useStopsByResource } from './stops.ts';

/** Every resource, with what keeps one from working. */
export function ResourcesPage() {
  const rows = usePages('listResources');
  const stops = useStopsByResource();
  return (
    <Page
      title="Resources and scopes"
      lead="The systems agents may reach, and the named ways to use them. Files of the policy define both."
      actions={
        <Button asChild>
          <Link to="/policy">Change in the policy</Link>
        </Button>
      }
    >
      <Panel flush>
        <Table
          label="Resources"
          rows={rows}
          columns={columns(stops)}
          keyOf={({ name }) => name}
          empty={<NoResources />}
        />
      </Panel>
    </Page>
  );
}

function columns(stops: ReadonlyMap<string, unknown>): readonly Column<Resource>[] {
  return [
    {
      header: 'Resource',
      width: 'minmax(0,1.4fr)',
      narrow: 'title',
      cell: ({ name, kind }) => (
        <div className="min-w-0">
          <Link to="/resources/$name" params={{ name }} className={ROW_LINK}>
            {name}
          </Link>
          <div className="text-[13px] font-normal text-ink-faint">{kind}</div>
        </div>
      ),
    },
    {
      header: 'Environment',
      width: 'minmax(0,1fr)',
      cell: (row) => <Environment name={row.environment} isProtected={row.protected} />,
    },
    {
      header: 'Scopes',
      width: 'minmax(0,1.6fr)',
      cell: ({ scopes }) => (
        <span className="font-mono text-[13px] text-ink-soft">
          {scopes.map((id) => id.slice(id.indexOf(':') + 1)).join(', ') || 'none'}
        </span>
      ),
    },
    {
      header: 'State',
      width: 'minmax(0,1fr)',
      cell: (row) => <State row={row} isStopped={stops.has(row.name)} />,
    },
    {
      header: 'Owner',
      width: 'minmax(0,1.2fr)',
      narrow: 'hidden',
      cell: ({ owner }) => <span className="text-ink-soft">{owner}</span>,
    },
  ];
}

function State({ row, isStopped }: { readonly row: Resource; readonly isStopped: boolean }) {
  if (isStopped) return <Badge tone="danger">stopped</Badge>;
  if (row.secret_set) return <Badge tone="good">ready</Badge>;
  return (
    <Badge tone="warn" icon={<KeyRound aria-hidden />}>
      no credential
    </Badge>
  );
}

function NoResources() {
  return (
    <Empty
      icon={Database}
      title="No resource yet"
      action={
        <Button look="primary" asChild>
          <Link to="/policy">Write the first one</Link>
        </Button>
      }
    >
      A resource is one system, such as a database. Add a file <code>resources/orders-db.yaml</code>{' '}
      to the policy: its environment, the name of its root credential, and the scopes agents may ask
      for. The credential itself is set with <code>countersign secret set</code> and is never shown.
    </Empty>
  );
}
