import type { Overview } from '../../../contract/schemas/overview.ts';

type Hour = Overview['activity'][number];

const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const SERIES = [
  { key: 'minted', name: 'Tokens minted', fill: 'bg-accent' },
  { key: 'issued', name: 'Credentials issued', fill: 'bg-good-ink' },
  { key: 'approved', name: 'Approvals', fill: 'bg-warn-ink' },
  { key: 'denied', name: 'Denials', fill: 'bg-danger-ink' },
] as const;
/** Every so many hours the clock is written below. */
const LABEL_EVERY = 6;

/** Tokens, credentials, approvals and denials by the hour; the same as a table for screen readers. */
export function Activity({ activity }: { readonly activity: Overview['activity'] }) {
  const most = Math.max(1, ...activity.map(sumOf));
  return (
    <figure>
      <figcaption className="mb-4 flex flex-wrap gap-x-4 gap-y-1 text-[13px] text-ink-soft">
        {SERIES.map(({ key, name, fill }) => (
          <span key={key} className="flex items-center gap-1.5">
            <span aria-hidden className={`size-2.5 rounded-sm ${fill}`} />
            {name}
            <strong className="font-semibold text-ink tabular-nums">
              {activity.reduce((sum, one) => sum + one[key], 0).toLocaleString()}
            </strong>
          </span>
        ))}
      </figcaption>
      <div aria-hidden className="flex h-48 gap-2">
        <div className="flex flex-col justify-between pb-6 text-right text-xs leading-none text-ink-faint tabular-nums">
          <span>{most.toLocaleString()}</span>
          <span>0</span>
        </div>
        <div className="flex min-w-0 flex-1 items-stretch gap-px sm:gap-1">
          {activity.map((one, index) => (
            <Column
              key={one.hour}
              one={one}
              most={most}
              isLabelled={(activity.length - 1 - index) % LABEL_EVERY === 0}
            />
          ))}
        </div>
      </div>
      <div className="sr-only">
        <Numbers activity={activity} />
      </div>
    </figure>
  );
}

function sumOf(one: Hour): number {
  return SERIES.reduce((sum, { key }) => sum + one[key], 0);
}

function Column({
  one,
  most,
  isLabelled,
}: {
  readonly one: Hour;
  readonly most: number;
  readonly isLabelled: boolean;
}) {
  const said = SERIES.map(({ key, name }) => `${name}: ${one[key]}`).join('\n');
  return (
    <div
      title={`${hour.format(new Date(one.hour))}\n${said}`}
      className="group flex min-w-0 flex-1 flex-col"
    >
      <div className="flex flex-1 flex-col-reverse overflow-hidden rounded-sm bg-hover/60 group-hover:bg-hover">
        {SERIES.filter(({ key }) => one[key] > 0).map(({ key, fill }) => (
          <div key={key} className={fill} style={{ height: `${(one[key] / most) * 100}%` }} />
        ))}
      </div>
      <span className="flex h-6 items-end justify-center text-xs leading-none whitespace-nowrap text-ink-faint">
        {isLabelled && (
          <span className="w-0 [direction:rtl]">{hour.format(new Date(one.hour))}</span>
        )}
      </span>
    </div>
  );
}

function Numbers({ activity }: { readonly activity: Overview['activity'] }) {
  return (
    <table>
      <caption>Activity by the hour</caption>
      <thead>
        <tr>
          <th scope="col">Hour</th>
          {SERIES.map(({ key, name }) => (
            <th key={key} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {activity
          .filter((one) => sumOf(one) > 0)
          .map((one) => (
            <tr key={one.hour}>
              <th scope="row">{hour.format(new Date(one.hour))}</th>
              {SERIES.map(({ key }) => (
                <td key={key}>{one[key]}</td>
              ))}
            </tr>
          ))}
      </tbody>
    </table>
  );
}
