import { CircleCheck, X } from 'lucide-react';
import { Toast } from 'radix-ui';
import type { ReactNode } from 'react';
import { held } from '../wire/held.ts';

interface Note {
  readonly id: number;
  readonly text: ReactNode;
}

const SHOWN_MS = 6_000;
const notes = held<readonly Note[]>([]);
let last = 0;

/** Says in a corner that something was done; what failed says so where it was asked for. */
export function toast(text: ReactNode): void {
  last += 1;
  notes.put([...notes.current().slice(-2), { id: last, text }]);
}

/** Where toasts appear: once, at the root. */
export function Toasts() {
  const shown = notes.use();
  return (
    <Toast.Provider duration={SHOWN_MS} label="Note">
      {shown.map(({ id, text }) => (
        <Toast.Root
          key={id}
          onOpenChange={(open) =>
            !open && notes.put(notes.current().filter((one) => one.id !== id))
          }
          className="flex items-start gap-3 rounded-xl border border-line bg-raised p-4 text-sm shadow-pop"
        >
          <CircleCheck aria-hidden className="size-5 shrink-0 text-good-ink" />
          <Toast.Description className="min-w-0 flex-1 break-words">{text}</Toast.Description>
          <Toast.Close aria-label="Dismiss" className="text-ink-faint hover:text-ink">
            <X aria-hidden className="size-4" />
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport className="fixed right-4 bottom-20 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 lg:bottom-4" />
    </Toast.Provider>
  );
}
