import { Link } from '@tanstack/react-router';
import { Bot } from 'lucide-react';
import type { Agent } from '../../../contract/schemas/agents.ts';
import { Empty } from '../../parts/empty.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { State } from '../../parts/state.tsx';
import { type Column, ROW_LINK, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { usePages } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';
import { RegisterAgent } from './register.tsx';

const COLUMNS: readonly Column<Agent>[] = [
  {
    header: 'Agent',
    narrow: 'title',
    width: 'minmax(0,1.4fr)',
    cell: ({ id, name }) => (
      <Link to="/agents/$id" params={{ id }} className={ROW_LINK}>
        {name}
      </Link>
    ),
  },
  { header: 'State', width: '7rem', cell: ({ state }) => <State of={state} /> },
  { header: 'Owner', cell: ({ owner }) => owner },
  { header: 'Teams', cell: ({ teams }) => teams.join(', ') || '–' },
  {
    header: 'Defined in',
    width: '7rem',
    narrow: 'hidden',
    cell: ({ managed_by: by }) => (by === 'bundle' ? 'policy file' : 'console'),
  },
  { header: 'Since', width: '8rem', cell: ({ created_at }) => <Time at={created_at} /> },
];

export function AgentsPage() {
  const mayRegister = useMay('admin');
  const agents = usePages('listAgents');
  return (
    <Page
      title="Agents"
      lead="Non-human callers, each with an owner who answers for it."
      actions={mayRegister && <RegisterAgent />}
    >
      <Panel flush>
        <Table
          label="Agents"
          rows={agents}
          columns={COLUMNS}
          keyOf={({ id }) => id}
          empty={
            <Empty icon={Bot} title="No agents yet">
              An agent is registered with its public key, here or in agents.yaml of the policy. It
              then asks for what one task needs, and gets no more than that.
            </Empty>
          }
        />
      </Panel>
    </Page>
  );
}
