import { Outlet } from '@tanstack/react-router';
import { useRef } from 'react';
import { useLive } from '../wire/live.ts';
import { Banners } from './banners.tsx';
import { BottomBar } from './bottom-bar.tsx';
import { Links } from './links.tsx';
import { Mark } from './mark.tsx';
import { TopBar } from './top-bar.tsx';

/** What stands around every page: the way to the others, what is stopped, and the Stop control. */
export function Shell() {
  useLive();
  const main = useRef<HTMLElement>(null);
  return (
    <div className="min-h-dvh lg:pl-60">
      <button
        type="button"
        onClick={() => main.current?.focus()}
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-lg bg-accent px-4 py-2 text-sm font-medium text-white focus:translate-y-0"
      >
        To the page
      </button>
      <aside className="fixed inset-y-0 left-0 z-30 hidden w-60 flex-col border-r border-line bg-surface lg:flex">
        <div className="flex h-14 items-center px-5">
          <Mark />
        </div>
        <nav aria-label="Pages" className="flex-1 overflow-y-auto px-2 py-3">
          <Links />
        </nav>
      </aside>
      <TopBar />
      <Banners />
      <main ref={main} tabIndex={-1} className="outline-none">
        <Outlet />
      </main>
      <BottomBar />
    </div>
  );
}
