import { OctagonX, RotateCcwKey } from 'lucide-react';
import { useState } from 'react';
import type { ResourceDetail } from '../../../contract/schemas/inspect.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { toast } from '../../parts/toast.tsx';
import { useChange } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';
import { StopDialog } from '../../stop/dialog.tsx';

/** What can be done to a resource as a whole. */
export function ResourceActions({
  of,
  isStopped,
}: {
  readonly of: ResourceDetail;
  readonly isStopped: boolean;
}) {
  const [open, setOpen] = useState<'rotate' | 'stop'>();
  const mayRotate = useMay('admin');
  const mayStop = useMay('admin', 'approver');
  return (
    <>
      {mayRotate && (
        <Button disabled={!of.secret_set} onClick={() => setOpen('rotate')}>
          <RotateCcwKey aria-hidden className="size-4" />
          Rotate root credential
        </Button>
      )}
      {mayStop && !isStopped && (
        <Button look="danger-quiet" onClick={() => setOpen('stop')}>
          <OctagonX aria-hidden className="size-4" />
          Stop
        </Button>
      )}
      {open === 'rotate' && <Rotate name={of.name} close={() => setOpen(undefined)} />}
      {open === 'stop' && (
        <StopDialog resource={{ id: of.name, name: of.name }} onClose={() => setOpen(undefined)} />
      )}
    </>
  );
}

function Rotate({ name, close }: { readonly name: string; readonly close: () => void }) {
  const rotate = useChange('rotateRoot', ['getResource', 'listResources', 'listSecrets'], {
    onSuccess: ({ generation, old_refused }) => {
      close();
      toast(
        old_refused
          ? `Generation ${generation} is in use, and ${name} refuses the old credential.`
          : `Generation ${generation} is in use. ${name} asks nobody for a password, so the old one was not tried.`,
      );
    },
  });
  return (
    <Confirm
      open
      onOpenChange={close}
      title={`Rotate the root credential of ${name}`}
      description="The broker makes a new password, proves that it works, and only then forgets the old one. Nobody gets to see it. Leases go on."
      action="Rotate"
      busy={rotate.isPending}
      error={rotate.error}
      onConfirm={() => rotate.mutate({ params: { name } })}
    />
  );
}
