import { OctagonX } from 'lucide-react';
import { useState } from 'react';
import type { Agent } from '../../../contract/schemas/agents.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { toast } from '../../parts/toast.tsx';
import { StopDialog } from '../../stop/dialog.tsx';
import { useChange } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';

const TOUCHES = ['getAgent', 'listAgents', 'listStops', 'overview'] as const;

/** What an operator may do with an agent. */
export function AgentActions({ agent }: { readonly agent: Agent }) {
  const [stopping, setStopping] = useState(false);
  const mayStop = useMay('admin', 'approver');
  const mayResume = useMay('admin');
  return (
    <>
      {agent.state === 'suspended' && mayResume && <Resume agent={agent} />}
      {agent.state === 'active' && mayStop && <Suspend agent={agent} />}
      {mayStop && (
        <Button look="danger" onClick={() => setStopping(true)}>
          <OctagonX aria-hidden className="size-4" />
          Stop this agent
        </Button>
      )}
      {stopping && <StopDialog agent={agent} onClose={() => setStopping(false)} />}
    </>
  );
}

function Suspend({ agent }: { readonly agent: Agent }) {
  const [open, setOpen] = useState(false);
  const suspend = useChange('suspendAgent', TOUCHES, {
    onSuccess: () => {
      setOpen(false);
      toast(`${agent.name} is suspended.`);
    },
  });
  return (
    <>
      <Button look="danger-quiet" onClick={() => setOpen(true)}>
        Suspend
      </Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title={`Suspend ${agent.name}?`}
        description="Everything it holds ends, and it cannot sign in until an admin resumes it."
        withReason
        action="Suspend"
        busy={suspend.isPending}
        error={suspend.error}
        onConfirm={(reason) => suspend.mutate({ params: { id: agent.id }, body: { reason } })}
      />
    </>
  );
}

function Resume({ agent }: { readonly agent: Agent }) {
  const [open, setOpen] = useState(false);
  const resume = useChange('resumeAgent', TOUCHES, {
    onSuccess: () => {
      setOpen(false);
      toast(`${agent.name} may ask again.`);
    },
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>Resume</Button>
      <Confirm
        open={open}
        onOpenChange={setOpen}
        title={`Resume ${agent.name}?`}
        description="It may ask again, and a stop of it is lifted. What was ended stays ended."
        withReason
        action="Resume"
        busy={resume.isPending}
        error={resume.error}
        onConfirm={(reason) => resume.mutate({ params: { id: agent.id }, body: { reason } })}
      />
    </>
  );
}
