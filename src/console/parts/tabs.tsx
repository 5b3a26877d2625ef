import { Link } from '@tanstack/react-router';
import { classes } from './classes.ts';

/** Views of one page, each with an address of its own. */
export function Tabs<Name extends string>({
  label,
  current,
  tabs,
}: {
  readonly label: string;
  readonly current: Name;
  readonly tabs: readonly {
    readonly name: Name;
    readonly title: string;
    readonly count?: number;
  }[];
}) {
  return (
    <nav aria-label={label} className="-mb-1 flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ name, title, count }) => (
        <Link
          key={name}
          to="."
          search={{ view: name } as never}
          aria-current={name === current ? 'page' : undefined}
          className={classes(
            '-mb-px flex items-center gap-2 border-b-2 px-3 py-2.5 text-sm font-medium whitespace-nowrap',
            name === current
              ? 'border-accent-ink text-ink'
              : 'border-transparent text-ink-soft hover:text-ink',
          )}
        >
          {title}
          {count !== undefined && count > 0 && (
            <span className="rounded-full bg-sunken px-1.5 text-xs tabular-nums text-ink-soft">
              {count}
            </span>
          )}
        </Link>
      ))}
    </nav>
  );
}
