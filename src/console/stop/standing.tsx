import { useLocation } from '@tanstack/react-router';
import { useState } from 'react';
import type { Stop } from '../../contract/schemas/operate.ts';
import { Button } from '../parts/button.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Time } from '../parts/time.tsx';
import { toast } from '../parts/toast.tsx';
import { Visible } from '../parts/words.tsx';
import { useMay } from '../wire/session.ts';
import { useChange } from '../wire/query.ts';

const FEW = 2;

/** Every standing stop in a line: what, why, since when, and how to lift it. */
export function StandingStops({ stops }: { readonly stops: readonly Stop[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? stops : stops.slice(0, FEW);
  return (
    <ul className="flex flex-col gap-1.5">
      {shown.map((stop) => (
        <StandingStop key={stop.id} stop={stop} />
      ))}
      {stops.length > FEW && (
        <li>
          <button type="button" className="font-medium underline" onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `and ${stops.length - FEW} more`}
          </button>
        </li>
      )}
    </ul>
  );
}

function StandingStop({ stop }: { readonly stop: Stop }) {
  // The banner outlives pages: its dialog belongs to the page it was opened on.
  const here = useLocation({ select: ({ pathname }) => pathname });
  const [liftingAt, setLiftingAt] = useState<string>();
  const lifting = liftingAt === here;
  const setLifting = (open: boolean) => setLiftingAt(open ? here : undefined);
  const mayLift = useMay('admin');
  const lift = useChange('liftStop', ['listStops', 'overview', 'listAgents'], {
    onSuccess: () => {
      setLifting(false);
      toast(`Lifted: ${nameOf(stop)} may work again.`);
    },
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span className="min-w-0 break-words">
        <strong className="font-semibold">Stopped: {nameOf(stop)}</strong>,{' '}
        <Time at={stop.placed_at} />: <Visible text={stop.reason} />
      </span>
      {mayLift && (
        <Button size="sm" look="danger-quiet" className="h-7!" onClick={() => setLifting(true)}>
          Lift
        </Button>
      )}
      <Confirm
        open={lifting}
        onOpenChange={setLifting}
        title={`Lift the stop of ${nameOf(stop)}?`}
        description="What was ended stays ended. New requests are decided by the policy again."
        withReason
        action="Lift the stop"
        busy={lift.isPending}
        error={lift.error}
        onConfirm={(reason) => lift.mutate({ params: { id: stop.id }, body: { reason } })}
      />
    </li>
  );
}

function nameOf({ kind, target }: Stop): string {
  return kind === 'all' ? 'everything' : `${kind} ${target ?? ''}`;
}
