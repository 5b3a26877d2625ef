import { Link } from '@tanstack/react-router';
import { Menu } from 'lucide-react';
import { useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { Count, Links } from './links.tsx';
import { NAVIGATION } from './navigation.ts';

const EVERY =
  'relative flex min-w-0 flex-1 flex-col items-center gap-0.5 py-2 text-[11px] font-medium';

/** On a narrow screen: the nearest pages under the thumb, the others in a sheet. */
export function BottomBar() {
  const [open, setOpen] = useState(false);
  const near = NAVIGATION.flatMap(({ places }) => places).filter((place) => place.near);
  return (
    <nav
      aria-label="Nearest pages"
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {near.map((place) => (
        <Link
          key={place.to}
          to={place.to}
          activeOptions={{ exact: place.to === '/' }}
          className={EVERY}
          activeProps={{ className: 'text-accent-ink' }}
          inactiveProps={{ className: 'text-ink-soft' }}
        >
          <place.icon aria-hidden className="size-5" />
          {place.label}
          <span className="absolute top-1 left-1/2 translate-x-1">
            <Count of={place} />
          </span>
        </Link>
      ))}
      <button type="button" className={`${EVERY} text-ink-soft`} onClick={() => setOpen(true)}>
        <Menu aria-hidden className="size-5" />
        More
      </button>
      <Dialog open={open} onOpenChange={setOpen} title="Pages">
        <nav aria-label="All pages">
          <Links onFollow={() => setOpen(false)} />
        </nav>
      </Dialog>
    </nav>
  );
}
