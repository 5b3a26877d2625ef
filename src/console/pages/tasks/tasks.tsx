import { Link } from '@tanstack/react-router';
import { ListChecks } from 'lucide-react';
import type { Task } from '../../../contract/schemas/tasks.ts';
import { Empty } from '../../parts/empty.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { State } from '../../parts/state.tsx';
import { type Column, ROW_LINK, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { AgentName } from '../../parts/named.tsx';
import { Visible } from '../../parts/words.tsx';
import { usePages } from '../../wire/query.ts';

const COLUMNS: readonly Column<Task>[] = [
  {
    header: 'Task',
    narrow: 'title',
    width: 'minmax(0,2fr)',
    cell: ({ id, purpose }) => (
      <Link to="/tasks/$id" params={{ id }} className={`${ROW_LINK} line-clamp-2`}>
        “<Visible text={purpose} />”
      </Link>
    ),
  },
  { header: 'State', width: '6rem', cell: ({ state }) => <State of={state} /> },
  { header: 'Agent', cell: ({ agent_id: id }) => <AgentName id={id} /> },
  { header: 'Opened', width: '8rem', cell: ({ created_at: at }) => <Time at={at} /> },
  {
    header: 'Ends',
    width: '8rem',
    cell: ({ ended_at: ended, expires_at: expires }) => <Time at={ended ?? expires} />,
  },
];

export function TasksPage() {
  const tasks = usePages('listTasks');
  return (
    <Page
      title="Tasks"
      lead="Units of work. Everything issued hangs below a task and ends with it."
    >
      <Panel flush>
        <Table
          label="Tasks"
          rows={tasks}
          columns={COLUMNS}
          keyOf={({ id }) => id}
          empty={
            <Empty icon={ListChecks} title="No tasks yet">
              A task opens when an agent asks for its first scope, with a purpose in its own words.
            </Empty>
          }
        />
      </Panel>
    </Page>
  );
}
