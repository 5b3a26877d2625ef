import { KeyRound, X } from 'lucide-react';
import { useState } from 'react';
import type { Approval } from '../../../contract/schemas/approvals.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Field } from '../../parts/field.tsx';
import { Visible } from '../../parts/words.tsx';
import { useMay } from '../../wire/session.ts';
import { useApprove, useDeny } from './answer.ts';

/** Approve or deny; on a narrow screen within reach of the thumb. */
export function Decide({ approval }: { readonly approval: Approval }) {
  const [denying, setDenying] = useState(false);
  const approve = useApprove();
  const answers = useMay('admin', 'approver');
  if (approval.state !== 'pending') return null;
  const may = approval.may_answer;
  return (
    <div className="sticky bottom-14 z-10 -mx-4 flex flex-col gap-3 border-t border-line bg-canvas px-4 py-3 sm:-mx-6 sm:px-6 lg:bottom-0 lg:-mx-8 lg:px-8">
      <Problem error={approve.error} />
      {may !== true && (
        <p className="text-sm text-ink-soft">
          You cannot approve this: <Visible text={may.no} />
        </p>
      )}
      <div className="flex gap-3 sm:justify-end">
        {answers && (
          <Button
            look="danger-quiet"
            size="lg"
            className="flex-1 sm:flex-none"
            onClick={() => setDenying(true)}
          >
            <X aria-hidden className="size-5" />
            Deny
          </Button>
        )}
        {may === true && (
          <Button
            look="primary"
            size="lg"
            className="flex-1 sm:flex-none"
            busy={approve.isPending}
            onClick={() => approve.mutate([approval])}
          >
            <KeyRound aria-hidden className="size-5" />
            Approve<span className="max-sm:hidden"> with passkey</span>
          </Button>
        )}
      </div>
      {denying && <Deny id={approval.id} onClose={() => setDenying(false)} />}
    </div>
  );
}

function Deny({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [reason, setReason] = useState('');
  const deny = useDeny(onClose);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Deny this"
      description="One denial is final. The agent is told, with your reason."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="danger"
            busy={deny.isPending}
            onClick={() => deny.mutate({ id, reason: reason.trim() })}
          >
            Deny
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Reason" hint="Optional. Helps the agent to ask for the right thing.">
          {(control) => (
            <textarea
              {...control}
              rows={3}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        <Problem error={deny.error} />
      </div>
    </Dialog>
  );
}
