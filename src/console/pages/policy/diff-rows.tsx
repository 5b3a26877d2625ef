import { ArrowDown, ArrowUp, type LucideIcon, Minus, Plus, Scale } from 'lucide-react';
import { useState } from 'react';
import type { BundleDiff, DiffRow } from '../../../contract/schemas/policy.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { classes } from '../../parts/classes.ts';
import { accessWords, audienceWords, changeWords } from './access-words.ts';

/** Rows shown at once before the rest is asked for. */
const AT_ONCE = 100;
type Kind = 'gained' | 'looser' | 'tighter' | 'lost' | 'rules';
const KINDS: readonly {
  readonly kind: Kind;
  readonly title: string;
  readonly tone: Tone;
  readonly icon: LucideIcon;
}[] = [
  { kind: 'gained', title: 'Gains', tone: 'warn', icon: Plus },
  { kind: 'looser', title: 'Looser terms', tone: 'warn', icon: ArrowUp },
  { kind: 'lost', title: 'Loses', tone: 'neutral', icon: Minus },
  { kind: 'tighter', title: 'Tighter terms', tone: 'neutral', icon: ArrowDown },
  { kind: 'rules', title: 'Other rules', tone: 'neutral', icon: Scale },
];

/** Terms of which one is looser count as looser, whatever else is tighter. */
function kindOf({ change, looser }: DiffRow): Kind {
  if (change !== 'terms') return change;
  return looser.length > 0 ? 'looser' : 'tighter';
}

/** Who gains and who loses what, terms included: what gives more comes first. */
export function DiffRows({ diff }: { readonly diff: BundleDiff }) {
  const [limit, setLimit] = useState(AT_ONCE);
  const order = KINDS.map(({ kind }) => kind);
  const rows = [...diff.decisions].sort(
    (a, b) =>
      Number(b.protected) - Number(a.protected) ||
      order.indexOf(kindOf(a)) - order.indexOf(kindOf(b)),
  );
  if (rows.length === 0) {
    return <p className="p-5 text-sm text-ink-soft">Nobody gains, loses or gets other terms.</p>;
  }
  return (
    <>
      <ul className="divide-y divide-line">
        {rows.slice(0, limit).map((row) => (
          <Row
            key={JSON.stringify([row.audiences, row.scopes, row.when, row.change])}
            row={row}
            diff={diff}
          />
        ))}
      </ul>
      {rows.length > limit && (
        <div className="border-t border-line p-3 text-center">
          <Button size="sm" look="ghost" onClick={() => setLimit(limit + AT_ONCE)}>
            Show more of {rows.length}
          </Button>
        </div>
      )}
    </>
  );
}

function Row({ row, diff }: { readonly row: DiffRow; readonly diff: BundleDiff }) {
  const kind = KINDS.find((one) => one.kind === kindOf(row)) ?? KINDS[4];
  const who = row.audiences.flatMap((at) => diff.audiences[at] ?? []).map(audienceWords);
  const Icon = kind?.icon ?? Scale;
  return (
    <li className="grid gap-x-5 gap-y-2 px-4 py-3.5 text-sm sm:px-5 md:grid-cols-[8rem_minmax(0,1fr)_minmax(0,1.2fr)]">
      <div className="flex flex-wrap items-start gap-1.5 md:flex-col">
        <Badge tone={kind?.tone ?? 'neutral'} icon={<Icon aria-hidden />}>
          {kind?.title}
        </Badge>
        {row.protected && <Badge tone="warn">protected</Badge>}
      </div>
      <div className="flex min-w-0 flex-col gap-1 break-words">
        <span className="font-medium">{who.join(', ')}</span>
        <span className="font-mono text-[13px] text-ink-soft">{row.scopes.join(', ')}</span>
        {row.actions.length > 1 && (
          <span className="text-[13px] text-ink-faint">for {row.actions.join(', ')}</span>
        )}
      </div>
      <div className="flex min-w-0 flex-col gap-1 break-words">
        <Outcome name="before" text={accessWords(row.before)} isOld />
        <Outcome name="after" text={accessWords(row.after)} />
        <Told of={row} />
      </div>
    </li>
  );
}

/** In which situations, and which terms make the difference. */
function Told({ of }: { readonly of: DiffRow }) {
  const words = [
    ...(of.change === 'terms' ? [changeWords(of)] : []),
    ...(of.change === 'rules' ? ['the same access, decided by other rules'] : []),
    ...(of.when === 'always' ? [] : [of.when]),
  ];
  if (words.length === 0) return null;
  return <span className="text-[13px] text-ink-faint">{words.join(', ')}</span>;
}

/** How many rows of each kind there are. */
export function DiffCounts({ diff }: { readonly diff: BundleDiff }) {
  const counts = KINDS.map((kind) => ({
    ...kind,
    count: diff.decisions.filter((row) => kindOf(row) === kind.kind).length,
  })).filter(({ count }) => count > 0);
  return (
    <div className="flex flex-wrap justify-end gap-1.5">
      {counts.map(({ kind, title, tone, count }) => (
        <Badge key={kind} tone={tone}>
          {count} {title.toLowerCase()}
        </Badge>
      ))}
    </div>
  );
}

function Outcome({
  name,
  text,
  isOld = false,
}: {
  readonly name: string;
  readonly text: string;
  readonly isOld?: boolean;
}) {
  return (
    <span className="flex gap-2">
      <span className="w-12 shrink-0 text-ink-faint">{name}</span>
      <span className={classes('min-w-0', isOld ? 'text-ink-soft' : 'font-medium')}>{text}</span>
    </span>
  );
}
