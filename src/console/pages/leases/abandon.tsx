import { useState } from 'react';
import type { Lease } from '../../../contract/schemas/tasks.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Field, otherProblem, problemOf } from '../../parts/field.tsx';
import { toast } from '../../parts/toast.tsx';
import { useChange } from '../../wire/query.ts';

/** Gives an overdue lease up: the broker saw no proof, an admin says what shows that it is dead. */
export function AbandonDialog({
  lease,
  close,
}: {
  readonly lease: Lease;
  readonly close: () => void;
}) {
  const [evidence, setEvidence] = useState('');
  const abandon = useChange('abandonLease', ['listLeases', 'getLease', 'overview'], {
    onSuccess: () => {
      close();
      toast('Given up. It is on record as abandoned, never as revoked.');
    },
  });
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Give this lease up"
      description={`Only where it is certain that the login cannot be used: the server of ${lease.resource} is gone, or somebody removed the role by hand. The broker stops trying.`}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            look="danger"
            busy={abandon.isPending}
            disabled={evidence.trim() === ''}
            onClick={() => abandon.mutate({ params: { id: lease.id }, body: { evidence } })}
          >
            Give it up
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field
          label="Evidence"
          hint="What shows that the credential is dead. Kept in the audit under your name."
          problem={problemOf(abandon.error, 'evidence')}
        >
          {(control) => (
            <textarea
              {...control}
              rows={4}
              maxLength={2_000}
              value={evidence}
              onChange={(event) => setEvidence(event.target.value)}
            />
          )}
        </Field>
        <Problem error={otherProblem(abandon.error, ['evidence'])} />
      </div>
    </Dialog>
  );
}
