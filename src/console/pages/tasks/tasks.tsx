import { ListChecks } from 'lucide-react';
import type { Task } from '../../../contract/schemas/tasks.ts';
import { Empty } from '../../parts/empty.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { AgentName } from '../../parts/named.tsx';
import { usePages } from '../../wire/query.ts';
import { OPENED, PURPOSE, STATE } from './columns.tsx';

const COLUMNS: readonly Column<Task>[] = [
  PURPOSE,
  STATE,
  { header: 'Agent', cell: ({ agent_id: id }) => <AgentName id={id} /> },
  OPENED,
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
