import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { UsersRound } from 'lucide-react';
import type { Operator } from '../../../contract/schemas/people.ts';
import { Badge } from '../../parts/badge.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Select } from '../../parts/select.tsx';
import { type Column, ROW_LINK, Table } from '../../parts/table.tsx';
import { Time, useNow } from '../../parts/time.tsx';
import { usePages } from '../../wire/query.ts';
import { useSession } from '../../wire/session.ts';
import { readPeopleSearch } from './search.ts';

const SHOWN = [
  { value: 'present', title: 'Present' },
  { value: 'all', title: 'Removed ones too' },
] as const;

/** Everybody who may sign in, or was invited. */
export function Operators() {
  const { removed } = readPeopleSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const query = removed === 'true' ? { removed: 'true' as const } : {};
  const rows = usePages('listOperators', { query });
  const own = useSession().operator.id;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex justify-end">
        <Select
          label="Which operators"
          value={removed === 'true' ? 'all' : 'present'}
          options={SHOWN}
          onChange={(value) =>
            void navigate({
              to: '/operators',
              search: value === 'all' ? { removed: 'true' } : {},
              replace: true,
            })
          }
        />
      </div>
      <Panel flush>
        <Table
          label="Operators"
          rows={rows}
          columns={columnsOf(own)}
          keyOf={({ id }) => id}
          empty={
            <Empty icon={UsersRound} title="Nobody yet">
              An operator is a person who may sign in here. Invite the first one: an approver signs
              what changes production, an auditor reads everything and changes nothing.
            </Empty>
          }
        />
      </Panel>
    </div>
  );
}

function columnsOf(own: string): readonly Column<Operator>[] {
  return [
    {
      header: 'Name',
      width: 'minmax(0,1.6fr)',
      narrow: 'title',
      cell: ({ id, name, email }) => (
        <div className="min-w-0">
          <Link to="/operators/$id" params={{ id }} className={ROW_LINK}>
            {name}
          </Link>
          {id === own && <span className="ml-2 font-normal text-ink-faint">you</span>}
          <div className="text-[13px] font-normal break-all text-ink-faint">{email}</div>
        </div>
      ),
    },
    { header: 'Role', width: '8rem', cell: (one) => <RoleOf of={one} /> },
    {
      header: 'Groups',
      width: 'minmax(0,1fr)',
      cell: ({ groups }) => <span className="text-ink-soft">{groups.join(', ') || 'none'}</span>,
    },
    { header: 'State', width: '9rem', cell: (one) => <StateOf of={one} /> },
    {
      header: 'Passkeys',
      width: '6rem',
      narrow: 'hidden',
      cell: ({ passkeys }) => <span className="tabular-nums">{passkeys}</span>,
    },
    {
      header: 'Since',
      width: '8rem',
      narrow: 'hidden',
      cell: ({ created_at }) => <Time at={created_at} />,
    },
  ];
}

function RoleOf({ of }: { readonly of: Operator }) {
  return <Badge tone={of.role === 'admin' ? 'accent' : 'neutral'}>{of.role}</Badge>;
}

function Invited({ until }: { readonly until: string | null }) {
  const now = useNow();
  const isOpen = until !== null && Date.parse(until) > now;
  return <Badge tone="warn">{isOpen ? 'invited' : 'invitation expired'}</Badge>;
}

/** Whether the person can come in, in a word. */
export function StateOf({ of }: { readonly of: Operator }) {
  if (of.state === 'removed') return <Badge tone="danger">removed</Badge>;
  if (of.state === 'active') return <Badge tone="good">active</Badge>;
  return <Invited until={of.invited_until} />;
}
