import { useParams } from '@tanstack/react-router';
import { ListChecks } from 'lucide-react';
import type { Agent } from '../../../contract/schemas/agents.ts';
import type { Task } from '../../../contract/schemas/tasks.ts';
import { Copyable } from '../../parts/copyable.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Fact, Facts, Panel } from '../../parts/panel.tsx';
import { State } from '../../parts/state.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { usePages, useRead } from '../../wire/query.ts';
import { OPENED, PURPOSE, STATE } from '../tasks/columns.tsx';
import { AgentActions } from './actions.tsx';

export function AgentPage() {
  const { id } = useParams({ from: '/inside/agents/$id' });
  const { data: agent, error, refetch } = useRead('getAgent', { params: { id } });
  if (agent) return <One agent={agent} />;
  if (error) return <Failure error={error} again={() => void refetch()} />;
  return <Waiting rows={6} />;
}

const COLUMNS: readonly Column<Task>[] = [PURPOSE, STATE, OPENED];

function One({ agent }: { readonly agent: Agent }) {
  const tasks = usePages('listTasks', { query: { agent: agent.id } });
  return (
    <Page
      title={agent.name}
      lead={
        <span className="flex flex-wrap items-center gap-3">
          <State of={agent.state} />
          <Copyable text={agent.id} label="Copy the id" />
        </span>
      }
      actions={<AgentActions agent={agent} />}
    >
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <Panel title="Facts">
          <Facts>
            <Fact name="Owner">{agent.owner}</Fact>
            <Fact name="Teams">{agent.teams.join(', ') || 'none'}</Fact>
            <Fact name="Defined in">
              {agent.managed_by === 'bundle'
                ? 'a file of the policy, where it is changed'
                : 'the console and the API'}
            </Fact>
            <Fact name="Registered">
              <Time at={agent.created_at} />
            </Fact>
            <Fact name="Proves itself by">
              <Keys agent={agent} />
            </Fact>
          </Facts>
        </Panel>
        <Panel title="Its tasks" flush>
          <Table
            label={`Tasks of ${agent.name}`}
            rows={tasks}
            columns={COLUMNS}
            keyOf={({ id }) => id}
            empty={
              <Empty icon={ListChecks} title="No task yet">
                It has not asked for anything so far.
              </Empty>
            }
          />
        </Panel>
      </div>
    </Page>
  );
}

function Keys({ agent }: { readonly agent: Agent }) {
  if (agent.jwks_uri !== undefined) {
    return (
      <>
        keys published at <span className="break-all">{agent.jwks_uri}</span>
      </>
    );
  }
  return (
    <ul className="flex flex-col gap-1">
      {agent.keys.map(({ kid, alg }) => (
        <li key={kid}>
          {alg} key <Copyable text={kid} short label="Copy the key id" />
        </li>
      ))}
      {agent.client_secret_id !== undefined && <li>a client secret</li>}
      {agent.keys.length === 0 && agent.client_secret_id === undefined && <li>nothing yet</li>}
    </ul>
  );
}
