import { useParams } from '@tanstack/react-router';
import { Failure } from '../../parts/failure.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Fact, Facts, Panel } from '../../parts/panel.tsx';
import { State } from '../../parts/state.tsx';
import { useRead } from '../../wire/query.ts';

export function AgentPage() {
  const { id } = useParams({ from: '/inside/agents/$id' });
  const { data: agent, error, refetch } = useRead('getAgent', { params: { id } });
  if (error) return <Failure error={error} again={() => void refetch()} />;
  if (!agent) return <Waiting />;
  return (
    <Page title={agent.name}>
      <Panel title="Facts">
        <Facts>
          <Fact name="State">
            <State of={agent.state} />
          </Fact>
          <Fact name="Id">
            <Copyable text={agent.id} />
          </Fact>
          <Fact name="Owner">{agent.owner}</Fact>
          <Fact name="Teams">{agent.teams.join(', ') || 'none'}</Fact>
        </Facts>
      </Panel>
    </Page>
  );
}
