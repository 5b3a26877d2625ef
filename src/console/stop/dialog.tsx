import { OctagonX } from 'lucide-react';
import { RadioGroup } from 'radix-ui';
import { useState } from 'react';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/failure.tsx';
import { Reason } from '../parts/reason.tsx';
import { toast } from '../parts/toast.tsx';
import { TypedName } from '../parts/typed-name.tsx';
import { useChange } from '../wire/query.ts';
import { Preview } from './preview.tsx';
import { type Kind, TargetChoice, type Target } from './target.tsx';

const KINDS: readonly { readonly kind: Kind; readonly label: string; readonly what: string }[] = [
  { kind: 'agent', label: 'One agent', what: 'Everything it holds ends; it gets nothing new.' },
  { kind: 'resource', label: 'One resource', what: 'Nobody gets in, whoever they are.' },
  { kind: 'all', label: 'Everything', what: 'Every agent, every resource.' },
];
const ALL = 'stop everything';

/** Ends everything below one agent, one resource, or all, and keeps it stopped. */
export function StopDialog({
  onClose,
  agent,
  resource,
}: {
  readonly onClose: () => void;
  /** Chosen already, where it was opened beside that agent. */
  readonly agent?: Target;
  /** The same for a resource. */
  readonly resource?: Target;
}) {
  const [kind, setKind] = useState<Kind>(resource ? 'resource' : 'agent');
  const [chosen, setChosen] = useState(agent ?? resource);
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const stop = useChange('revoke', ['listStops', 'overview', 'listAgents', 'listTasks'], {
    onSuccess: ({ ended }) => {
      toast(`Stopped. ${ended.tokens} tokens and ${ended.leases} leases are ending.`);
      onClose();
    },
  });
  const target = kind === 'all' ? { id: 'all', name: ALL } : chosen;
  const ready = target !== undefined && reason.trim() !== '' && typed === target.name;
  const send = () => {
    if (!target) return;
    const what = kind === 'all' ? { all: true as const } : { [kind]: target.id };
    stop.mutate({ body: { ...what, reason: reason.trim() } });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={
        <span className="flex items-center gap-2 text-danger-ink">
          <OctagonX aria-hidden className="size-5" />
          Stop
        </span>
      }
      description="Tokens are refused, sessions are ended, logins are removed. It stays stopped until an admin lifts it."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" busy={stop.isPending} disabled={!ready} onClick={send}>
            Stop {kind === 'all' ? 'everything' : (target?.name ?? '')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Kinds
          kind={kind}
          onChange={(next) => {
            setKind(next);
            setChosen(undefined);
            setTyped('');
          }}
        />
        {kind !== 'all' && (
          <TargetChoice key={kind} kind={kind} chosen={chosen} onChoose={setChosen} />
        )}
        {target && <Preview kind={kind} id={target.id} />}
        <Reason
          hint="Kept in the audit, and shown on every page while it is stopped."
          reason={reason}
          onType={setReason}
        />
        {target && <TypedName name={target.name} typed={typed} onType={setTyped} />}
        <Problem error={stop.error} />
      </div>
    </Dialog>
  );
}

function Kinds({
  kind,
  onChange,
}: {
  readonly kind: Kind;
  readonly onChange: (kind: Kind) => void;
}) {
  return (
    <RadioGroup.Root
      aria-label="What to stop"
      value={kind}
      onValueChange={(value) => onChange(value as Kind)}
      className="grid gap-2 sm:grid-cols-3"
    >
      {KINDS.map((one) => (
        <RadioGroup.Item
          key={one.kind}
          value={one.kind}
          className="rounded-lg border border-line-strong p-3 text-left data-[state=checked]:border-danger-ink data-[state=checked]:bg-danger-soft"
        >
          <span className="block text-sm font-medium">{one.label}</span>
          <span className="mt-0.5 block text-[13px] text-ink-soft">{one.what}</span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
