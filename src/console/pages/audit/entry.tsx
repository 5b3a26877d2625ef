import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { AuditEntry } from '../../../contract/schemas/operate.ts';
import { Button } from '../../parts/button.tsx';
import { Code } from '../../parts/code.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Fact, Facts } from '../../parts/panel.tsx';
import { useRead } from '../../wire/query.ts';
import { Named } from './words.tsx';

/** One entry whole: what it says, and its place in the chain. */
export function EntryDialog({
  seq,
  show,
  close,
}: {
  readonly seq: number;
  readonly show: (seq: number) => void;
  readonly close: () => void;
}) {
  const entry = useRead('getAuditEntry', { params: { seq: String(seq) } });
  const isLast = entry.error?.status === 404;
  return (
    <Dialog
      open
      wide
      onOpenChange={close}
      title={entry.data?.action ?? `Entry ${seq}`}
      description={`Entry ${seq} of the chain`}
      footer={
        <>
          <Button disabled={seq <= 1} onClick={() => show(seq - 1)}>
            <ChevronLeft aria-hidden className="size-4" />
            The one before
          </Button>
          <Button disabled={isLast} onClick={() => show(seq + 1)}>
            The one after
            <ChevronRight aria-hidden className="size-4" />
          </Button>
        </>
      }
    >
      {entry.isPending && <Waiting rows={6} />}
      {isLast ? (
        <p className="text-sm text-ink-soft">There is no entry {seq} yet.</p>
      ) : (
        <Problem error={entry.error} />
      )}
      {entry.data && <Whole of={entry.data} />}
    </Dialog>
  );
}

function Whole({ of }: { readonly of: AuditEntry }) {
  const isSealed = 'sealed' in of.detail;
  return (
    <div className="flex flex-col gap-5">
      <Facts>
        <Fact name="When">
          <time dateTime={of.time} className="tabular-nums">
            {of.time}
          </time>
        </Fact>
        <Fact name="Who">
          <Named id={of.actor} />
        </Fact>
        <Fact name="What to">
          <Named id={of.subject} />
        </Fact>
        <Fact name="Hash">
          <Copyable text={of.hash} label="Copy the hash" />
        </Fact>
        <Fact name="Hash of the one before">
          <Copyable text={of.prev} label="Copy the hash" />
        </Fact>
      </Facts>
      <div className="flex flex-col gap-2">
        <h3 className="text-sm font-medium">Facts</h3>
        <Code label="Facts of the entry" tall text={JSON.stringify(of.detail, null, 2)} />
        {isSealed && (
          <p className="text-[13px] text-ink-faint">
            What is <code>sealed</code> is personal: names, addresses, agents’ own words. It is
            encrypted under a key of its subject, so that destroying the key erases it and no hash
            breaks.
          </p>
        )}
      </div>
    </div>
  );
}
