import { useRef, useState } from 'react';
import type { Lease } from '../../../contract/schemas/tasks.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { counted } from '../../parts/duration.ts';
import { sentenceOf } from '../../parts/failure.tsx';
import { AgentName } from '../../parts/named.tsx';
import { Reason } from '../../parts/reason.tsx';
import { TypedName } from '../../parts/typed-name.tsx';
import { call } from '../../wire/call.ts';
import { readAgain } from '../../wire/query.ts';

interface Progress {
  readonly done: number;
  readonly failed: readonly { readonly lease: Lease; readonly why: string }[];
}

/** Revokes the leases that were chosen, one after the other, after it has said what ends. */
export function BulkRevoke({
  leases,
  close,
}: {
  readonly leases: readonly Lease[];
  readonly close: () => void;
}) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [progress, setProgress] = useState<Progress>();
  const word = `revoke ${leases.length}`;
  const isOver = progress !== undefined && progress.done === leases.length;
  const isRunning = useRef(false);
  const run = async () => {
    if (isRunning.current) return;
    isRunning.current = true;
    const failed: { lease: Lease; why: string }[] = [];
    setProgress({ done: 0, failed });
    for (const [index, lease] of leases.entries()) {
      try {
        await call('revoke', { body: { lease: lease.id, reason: reason.trim() } });
      } catch (error) {
        failed.push({ lease, why: error instanceof Error ? sentenceOf(error) : 'It failed.' });
      }
      setProgress({ done: index + 1, failed: [...failed] });
    }
    await readAgain('listLeases', 'listTokens', 'overview');
  };
  return (
    <Dialog
      open
      wide
      held={progress !== undefined && !isOver}
      onOpenChange={close}
      title={isOver ? 'Done' : `Revoke ${counted(leases.length, 'lease')}`}
      description="Logins are removed at the resource and their sessions ended. Tasks and tokens go on, and may ask again: to keep an agent out, stop it."
      footer={
        isOver ? (
          <Button look="primary" onClick={close}>
            Close
          </Button>
        ) : (
          <>
            <Button disabled={progress !== undefined} onClick={close}>
              Cancel
            </Button>
            <Button
              look="danger"
              busy={progress !== undefined}
              disabled={reason.trim() === '' || typed !== word}
              onClick={() => void run()}
            >
              Revoke {counted(leases.length, 'lease')}
            </Button>
          </>
        )
      }
    >
      {progress ? (
        <Outcome progress={progress} of={leases.length} />
      ) : (
        <div className="flex flex-col gap-4">
          <WhatEnds leases={leases} />
          <Reason hint="Kept in the audit with each of them." reason={reason} onType={setReason} />
          <TypedName name={word} typed={typed} onType={setTyped} />
        </div>
      )}
    </Dialog>
  );
}

/** Grouped by scope: how many, and whose. */
function WhatEnds({ leases }: { readonly leases: readonly Lease[] }) {
  const scopes = new Map<string, Map<string, number>>();
  for (const { scope, agent_id } of leases) {
    const agents = scopes.get(scope) ?? new Map<string, number>();
    agents.set(agent_id, (agents.get(agent_id) ?? 0) + 1);
    scopes.set(scope, agents);
  }
  return (
    <section
      aria-label="What ends"
      className="max-h-64 overflow-y-auto rounded-lg border border-line"
    >
      <ul className="divide-y divide-line text-sm">
        {[...scopes].map(([scope, agents]) => (
          <li key={scope} className="flex flex-col gap-1 px-3.5 py-2.5">
            <div className="flex justify-between gap-3">
              <code className="font-mono text-[13px]">{scope}</code>
              <span className="font-medium tabular-nums">
                {[...agents.values()].reduce((sum, count) => sum + count, 0)}
              </span>
            </div>
            <div className="flex flex-wrap gap-x-3 text-[13px] text-ink-soft">
              {[...agents].map(([agent, count]) => (
                <span key={agent}>
                  <AgentName id={agent} /> {count > 1 && `× ${count}`}
                </span>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Outcome({ progress, of }: { readonly progress: Progress; readonly of: number }) {
  const { done, failed } = progress;
  return (
    <div className="flex flex-col gap-4 text-sm">
      <p role="status">
        {done} of {of} done
        {failed.length > 0 && `, ${failed.length} failed`}. Each stays in the list until its login
        is gone.
      </p>
      <progress aria-label="Revoked" value={done} max={of} className="h-2 w-full accent-accent" />
      {failed.length > 0 && (
        <ul role="alert" className="flex flex-col gap-2 text-danger-ink">
          {failed.map(({ lease, why }) => (
            <li key={lease.id}>
              <code className="font-mono text-xs">{lease.id}</code>: {why}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
