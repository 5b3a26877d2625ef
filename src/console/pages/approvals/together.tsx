import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import type { Approval } from '../../../contract/schemas/approvals.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Problem } from '../../parts/failure.tsx';
import { useApprove } from './answer.ts';
import { Exact } from './exact.tsx';
import { headlineOf, howMuch, undo } from './facts.ts';

/** Several requests that are alike, each shown whole, approved by one signature over the list of them. */
export function Together({
  approvals,
  onDone,
}: {
  readonly approvals: readonly Approval[];
  readonly onDone: () => void;
}) {
  const [open, setOpen] = useState(false);
  const approve = useApprove(() => {
    setOpen(false);
    onDone();
  });
  const [first] = approvals;
  return (
    <div className="sticky bottom-16 z-10 mt-4 flex items-center justify-between gap-4 rounded-xl border border-line bg-raised p-4 shadow-pop lg:bottom-4">
      <span className="text-sm font-medium">{approvals.length} picked</span>
      <Button look="primary" onClick={() => setOpen(true)}>
        Look at all and sign
      </Button>
      <Dialog
        wide
        open={open}
        onOpenChange={setOpen}
        title={`${approvals.length} × ${first ? headlineOf(first) : ''}`}
        description={`From ${first?.card.agent?.name ?? 'one author'}. One signature over exactly these; what comes later is asked anew.`}
        footer={
          <>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button
              look="primary"
              busy={approve.isPending}
              onClick={() => approve.mutate(approvals)}
            >
              <KeyRound aria-hidden className="size-4" />
              Approve {approvals.length} with passkey
            </Button>
          </>
        }
      >
        <ol className="flex flex-col gap-5">
          {approvals.map((one, index) => (
            <li key={one.id}>
              <p className="mb-2 text-sm text-ink-soft">
                <strong className="font-semibold text-ink">{index + 1}.</strong> {howMuch(one).text}{' '}
                · undo: {undo(one).text}
              </p>
              <Exact approval={one} />
            </li>
          ))}
        </ol>
        <Problem error={approve.error} />
      </Dialog>
    </div>
  );
}
