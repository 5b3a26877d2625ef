import type { ReactNode } from 'react';
import { classes } from './classes.ts';

const TONES = {
  neutral: 'bg-sunken text-ink-soft ring-line',
  accent: 'bg-accent-soft text-accent-ink ring-accent-ink/20',
  good: 'bg-good-soft text-good-ink ring-good-ink/20',
  warn: 'bg-warn-soft text-warn-ink ring-warn-ink/25',
  danger: 'bg-danger-soft text-danger-ink ring-danger-ink/25',
} as const;
export type Tone = keyof typeof TONES;

/** A state or a kind in one or two words. Its colour repeats what its text says. */
export function Badge({
  tone = 'neutral',
  icon,
  children,
}: {
  readonly tone?: Tone;
  readonly icon?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <span
      className={classes(
        'inline-flex items-center gap-1 rounded-md px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ring-1 ring-inset [&_svg]:size-3',
        TONES[tone],
      )}
    >
      {icon}
      {children}
    </span>
  );
}
