import { useSyncExternalStore } from 'react';

const MINUTE = 60_000;
const UNITS = [
  ['day', 24 * 60 * MINUTE],
  ['hour', 60 * MINUTE],
  ['minute', MINUTE],
  ['second', 1_000],
] as const;
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

let now = Date.now();
const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** Milliseconds, once a second; one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** `3 min. ago`, `in 2 hr.` */
function distance(ms: number): string {
  const [unit, size] = UNITS.find(([, each]) => Math.abs(ms) >= each) ?? UNITS[3];
  return relative.format(Math.trunc(ms / size), unit);
}

/** A moment as its distance from now; the whole of it on hover and for screen readers. */
export function Time({ at }: { readonly at: string }) {
  const ms = Date.parse(at) - useNow();
  return (
    <time
      dateTime={at}
      title={whole.format(new Date(at))}
      className="whitespace-nowrap tabular-nums"
    >
      {distance(ms)}
    </time>
  );
}

/** A moment by the clock. */
export function ClockTime({ at }: { readonly at: string }) {
  return (
    <time
      dateTime={at}
      title={whole.format(new Date(at))}
      className="whitespace-nowrap tabular-nums"
    >
      {clock.format(new Date(at))}
    </time>
  );
}

/** What is left until a moment, `4:05`; it turns red in the last minute. */
export function Remaining({ until }: { readonly until: string }) {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - useNow()) / 1_000));
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return (
    <time
      dateTime={until}
      title={whole.format(new Date(until))}
      className={seconds < 60 ? 'text-danger-ink tabular-nums' : 'tabular-nums'}
    >
      {seconds === 0 ? 'now' : text}
    </time>
  );
}
