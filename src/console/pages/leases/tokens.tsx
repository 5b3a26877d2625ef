import { Link, useSearch } from '@tanstack/react-router';
import { Ticket } from 'lucide-react';
import { useState } from 'react';
import type { TokenRecord } from '../../../contract/schemas/tasks.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { AgentName } from '../../parts/named.tsx';
import { Panel } from '../../parts/panel.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Time, useNow } from '../../parts/time.tsx';
import { usePages } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';
import { FilterBar } from './filters.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';
import { readLeasesSearch } from './search.ts';

const EVERY_MS = 10_000;

/** Records of minted tokens; the tokens themselves were shown once. */
export function Tokens() {
  const filters = readLeasesSearch(useSearch({ strict: false }));
  const { agent, task, state } = filters;
  const query = {
    ...(agent === undefined ? {} : { agent }),
    ...(task === undefined ? {} : { task }),
    ...(state === 'all' ? {} : { live: 'true' as const }),
  };
  const rows = usePages('listTokens', { query }, { every: EVERY_MS });
  const [revoking, setRevoking] = useState<string>();
  const may = useMay('admin', 'approver');
  return (
    <>
      <FilterBar
        filters={{ ...filters, view: 'tokens', resource: undefined }}
        states={['live', 'all']}
      />
      <Panel flush>
        <Table
          label="Tokens"
          rows={rows}
          columns={columnsOf(may ? setRevoking : undefined)}
          keyOf={({ jti }) => jti}
          empty={
            <Empty icon={Ticket} title="No token here">
              An agent gets a token when the policy allows it the scopes it asks for. The token
              lives for minutes and opens nothing but those.
            </Empty>
          }
        />
      </Panel>
      {revoking !== undefined && (
        <RevokeDialog
          target={{ kind: 'token', id: revoking }}
          close={() => setRevoking(undefined)}
        />
      )}
    </>
  );
}

function columnsOf(revoke: ((jti: string) => void) | undefined): readonly Column<TokenRecord>[] {
  return [
    {
      header: 'Scopes',
      width: 'minmax(0,1.6fr)',
      narrow: 'title',
      cell: ({ scope, jti }) => (
        <div className="min-w-0">
          <span className="font-mono text-[13px] break-words">{scope || 'none: tasks only'}</span>
          <div className="font-mono text-xs font-normal break-all text-ink-faint">{jti}</div>
        </div>
      ),
    },
    { header: 'Agent', cell: ({ agent_id }) => <AgentName id={agent_id} /> },
    {
      header: 'Task',
      narrow: 'hidden',
      cell: ({ task_id }) =>
        task_id !== undefined && (
          <Link
            to="/tasks/$id"
            params={{ id: task_id }}
            className="font-mono text-xs break-all text-ink-soft hover:text-accent-ink hover:underline"
          >
            {task_id}
          </Link>
        ),
    },
    { header: 'Minted', width: '8rem', cell: ({ issued_at }) => <Time at={issued_at} /> },
    { header: 'End', width: '9rem', cell: (token) => <End of={token} /> },
    {
      header: 'Action',
      width: '6rem',
      cell: (token) => revoke && <Revoke of={token} revoke={revoke} />,
    },
  ];
}

function End({ of }: { readonly of: TokenRecord }) {
  if (of.revoked_at === undefined) return <Time at={of.expires_at} />;
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      <Badge tone="danger">revoked</Badge>
      <Time at={of.revoked_at} />
    </span>
  );
}

function Revoke({
  of,
  revoke,
}: {
  readonly of: TokenRecord;
  readonly revoke: (jti: string) => void;
}) {
  const isOver = Date.parse(of.expires_at) <= useNow();
  if (isOver || of.revoked_at !== undefined) return null;
  return (
    <Button size="sm" look="danger-quiet" onClick={() => revoke(of.jti)}>
      Revoke
    </Button>
  );
}
