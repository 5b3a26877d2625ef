import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { TaskStory } from '../../../contract/schemas/overview.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Failure } from '../../parts/failure.tsx';
import { AgentName } from '../../parts/named.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Fact, Facts, Panel } from '../../parts/panel.tsx';
import { State } from '../../parts/state.tsx';
import { Time } from '../../parts/time.tsx';
import { Timeline } from '../../parts/timeline.tsx';
import { toast } from '../../parts/toast.tsx';
import { AgentWords, Visible } from '../../parts/words.tsx';
import { useChange, useRead } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';
import { Below } from './below.tsx';

const EVERY_MS = 15_000;

/** A task's whole story on one line of time. */
export function TaskPage() {
  const { id } = useParams({ from: '/inside/tasks/$id' });
  const read = useRead('taskStory', { params: { id } }, { every: EVERY_MS });
  if (read.data) return <Story story={read.data} />;
  if (read.error) return <Failure error={read.error} again={() => void read.refetch()} />;
  return <Waiting rows={6} />;
}

function Story({ story }: { readonly story: TaskStory }) {
  const { task } = story;
  return (
    <Page
      title="Task"
      lead={<Copyable text={task.id} label="Copy the id" />}
      actions={<Close story={story} />}
    >
      <AgentWords
        label={task.opened_by === 'agent' ? 'Purpose, in the agent’s own words' : 'Purpose'}
        text={task.purpose}
      />
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Panel title="From its beginning to its end" flush>
          <Timeline items={story.items} byClock />
        </Panel>
        <div className="flex min-w-0 flex-col gap-5 max-lg:order-first">
          <Panel title="Facts">
            <About story={story} />
          </Panel>
          <Below story={story} />
        </div>
      </div>
    </Page>
  );
}

function About({ story: { task } }: { readonly story: TaskStory }) {
  return (
    <Facts>
      <Fact name="State">
        <State of={task.state} />
      </Fact>
      <Fact name="Agent">
        <AgentName id={task.agent_id} />
      </Fact>
      <Fact name="Opened">
        <Time at={task.created_at} /> by {task.opened_by === 'agent' ? 'the agent' : 'an operator'}
      </Fact>
      {task.ended_at === undefined ? (
        <Fact name="Ends">
          <Time at={task.expires_at} />
        </Fact>
      ) : (
        <Fact name="Ended">
          <Time at={task.ended_at} />
          {task.end_reason !== undefined && (
            <>
              {' '}
              (<Visible text={task.end_reason.replaceAll('_', ' ')} />)
            </>
          )}
        </Fact>
      )}
      <Fact name="Ticket">
        {task.verified_ticket === undefined ? (
          'None that was verified'
        ) : (
          <Visible text={task.verified_ticket} />
        )}
      </Fact>
      {task.ticket !== undefined && task.verified_ticket === undefined && (
        <Fact name="As the agent says">
          “<Visible text={task.ticket} />”
        </Fact>
      )}
    </Facts>
  );
}

function Close({ story: { task, leases } }: { readonly story: TaskStory }) {
  const [open, setOpen] = useState(false);
  const may = useMay('admin', 'approver');
  const close = useChange('closeTask', ['taskStory', 'listTasks', 'overview'], {
    onSuccess: () => {
      setOpen(false);
      toast('The task is closed; everything below it ends.');
    },
  });
  if (!may || task.state !== 'open') return null;
  const live = leases.filter(({ state }) => state === 'active' || state === 'reserved').length;
  return (
    <>
      <Button look="danger-quiet" onClick={() => setOpen(true)}>
        Close the task
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title="Close this task?"
        description={`Its tokens are refused and ${live} live ${live === 1 ? 'lease ends' : 'leases end'}. The agent may open another task.`}
        withReason
        action="Close the task"
        busy={close.isPending}
        error={close.error}
        onConfirm={(reason) => close.mutate({ params: { id: task.id }, body: { reason } })}
      />
    </>
  );
}
