import { KeyRound, OctagonX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Time } from '../parts/time.tsx';
import { Visible } from '../parts/words.tsx';
import { StandingStops } from '../stop/standing.tsx';
import { useStandingStops } from '../stop/stops.ts';
import { useSession } from '../wire/session.ts';

/** What every page says while it holds: something is stopped; somebody got in by breaking the glass. */
export function Banners() {
  const { break_glass: broken } = useSession();
  const { stops } = useStandingStops();
  return (
    <>
      {stops.length > 0 && (
        <Banner icon={<OctagonX aria-hidden className="mt-0.5 size-4 shrink-0" />}>
          <StandingStops stops={stops} />
        </Banner>
      )}
      {broken && (
        <Banner icon={<KeyRound aria-hidden className="mt-0.5 size-4 shrink-0" />}>
          <strong className="font-semibold">Break-glass access was used</strong>{' '}
          <Time at={broken.at} />: <Visible text={broken.reason} />
        </Banner>
      )}
    </>
  );
}

function Banner({ icon, children }: { readonly icon: ReactNode; readonly children: ReactNode }) {
  return (
    <div
      role="status"
      className="flex gap-3 border-b border-danger-ink/25 bg-danger-soft px-4 py-2.5 text-sm text-danger-ink sm:px-6 lg:px-8"
    >
      {icon}
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
