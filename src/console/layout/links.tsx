import { Link } from '@tanstack/react-router';
import { NAVIGATION, type Place } from './navigation.ts';
import { usePendingCount } from './pending.ts';

const EVERY = 'flex items-center gap-3 rounded-lg px-3 py-2 text-sm font-medium';

/** Every page, in groups. */
export function Links({ onFollow }: { readonly onFollow?: () => void }) {
  return (
    <div className="flex flex-col gap-5">
      {NAVIGATION.map(({ title, places }) => (
        <div key={title}>
          <h2 className="px-3 pb-1.5 text-xs font-medium text-ink-faint">{title}</h2>
          <ul className="flex flex-col gap-0.5">
            {places.map((place) => (
              <li key={place.to}>
                <Link
                  to={place.to}
                  onClick={onFollow}
                  activeOptions={{ exact: place.to === '/' }}
                  className={EVERY}
                  activeProps={{ className: 'bg-accent-soft text-accent-ink' }}
                  inactiveProps={{ className: 'text-ink-soft hover:bg-hover hover:text-ink' }}
                >
                  <place.icon aria-hidden className="size-4.5 shrink-0" />
                  <span className="flex-1">{place.label}</span>
                  <Count of={place} />
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </div>
  );
}

/** How many approvals wait. */
export function Count({ of }: { readonly of: Place }) {
  const pending = usePendingCount();
  if (of.counts !== 'approvals' || pending === 0) return null;
  return (
    <span className="min-w-5 rounded-full bg-accent px-1.5 text-center text-xs leading-5 font-semibold text-white tabular-nums">
      {pending}
      <span className="sr-only"> pending</span>
    </span>
  );
}
