import { useParams } from '@tanstack/react-router';
import { Page, Waiting } from '../../parts/page.tsx';
import { Failure } from '../../parts/failure.tsx';
import { AgentWords } from '../../parts/words.tsx';
import { useRead } from '../../wire/query.ts';

export function TaskPage() {
  const { id } = useParams({ from: '/inside/tasks/$id' });
  const { data: story, error, refetch } = useRead('taskStory', { params: { id } });
  if (error) return <Failure error={error} again={() => void refetch()} />;
  if (!story) return <Waiting />;
  return (
    <Page title={`Task ${story.task.id}`}>
      <AgentWords label="The agent's own words" text={story.task.purpose} />
    </Page>
  );
}
