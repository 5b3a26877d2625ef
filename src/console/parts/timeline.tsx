import {
  Ban,
  Bot,
  CircleDot,
  FileCode2,
  KeyRound,
  ListChecks,
  type LucideIcon,
  OctagonX,
  ShieldCheck,
  Signature,
  Ticket,
} from 'lucide-react';
import type { Overview } from '../../contract/schemas/overview.ts';
import { useNames } from '../wire/names.ts';
import { classes } from './classes.ts';
import { ClockTime, Time } from './time.tsx';
import { Who } from './who.tsx';
import { Visible } from './words.tsx';

type Item = Overview['timeline'][number];

const ICONS: Readonly<Record<string, LucideIcon>> = {
  agent: Bot,
  task: ListChecks,
  token: Ticket,
  grant: ShieldCheck,
  lease: KeyRound,
  approval: Signature,
  operation: Signature,
  policy: FileCode2,
  stop: OctagonX,
  revocation: OctagonX,
};
const REFUSALS = /\.(denied|overdue|issue_failed|failed|rolled_back)$|^stop\.placed$/;
const ENDS_WELL = /\.(approved|issued|succeeded|used)$/;

/** Audit entries told one after another, on one line of time. */
export function Timeline({
  items,
  byClock = false,
}: {
  readonly items: readonly Item[];
  /** Shows the clock instead of the distance from now. */
  readonly byClock?: boolean;
}) {
  const nameOf = useNames();
  return (
    <ol className="px-4 py-4 sm:px-5">
      {items.map((item, index) => (
        <li key={item.seq} className="relative flex gap-3 pb-5 last:pb-0">
          {index < items.length - 1 && (
            <span
              aria-hidden
              className="absolute top-7 bottom-0 left-3.5 w-px -translate-x-1/2 bg-line"
            />
          )}
          <Sign action={item.action} />
          <div className="min-w-0 flex-1 pt-1 text-sm">
            <p className="[overflow-wrap:anywhere]">
              <span className="font-medium">
                <Who id={item.actor} name={nameOf(item.actor)} />
              </span>{' '}
              <Visible text={item.text} />
            </p>
            <p className="mt-0.5 flex flex-wrap gap-x-2 text-[13px] text-ink-faint">
              {byClock ? <ClockTime at={item.time} /> : <Time at={item.time} />}
              <span className="font-mono text-xs leading-5 break-all">{item.subject}</span>
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}

function Sign({ action }: { readonly action: string }) {
  const refused = REFUSALS.test(action);
  const Icon =
    refused && !/^(stop|lease)/.test(action)
      ? Ban
      : (ICONS[action.split('.')[0] ?? ''] ?? CircleDot);
  return (
    <span
      className={classes(
        'grid size-7 shrink-0 place-items-center rounded-full ring-1 ring-inset',
        refused && 'bg-danger-soft text-danger-ink ring-danger-ink/20',
        ENDS_WELL.test(action) && 'bg-good-soft text-good-ink ring-good-ink/20',
        !refused && !ENDS_WELL.test(action) && 'bg-sunken text-ink-soft ring-line',
      )}
    >
      <Icon aria-hidden className="size-3.5" />
    </span>
  );
}
