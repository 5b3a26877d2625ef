import type { ReactNode } from 'react';
import { classes } from './classes.ts';

/** A surface with a heading. */
export function Panel({
  title,
  aside,
  children,
  flush = false,
  className,
}: {
  readonly title?: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** Its content reaches the edges. */
  readonly flush?: boolean;
  readonly className?: string;
}) {
  return (
    <section className={classes('rounded-xl border border-line bg-surface shadow-card', className)}>
      {title !== undefined && (
        <div className="flex min-h-12 items-center justify-between gap-3 border-b border-line px-4 py-2 sm:px-5">
          <h2 className="text-sm font-semibold">{title}</h2>
          {aside}
        </div>
      )}
      <div className={flush ? '' : 'p-4 sm:p-5'}>{children}</div>
    </section>
  );
}

/** Facts in two columns: what it is, and how it is. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return (
    <div className="@container">
      <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-x-4 gap-y-3 text-sm @md:grid-cols-[10rem_minmax(0,1fr)]">
        {children}
      </dl>
    </div>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-faint">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
