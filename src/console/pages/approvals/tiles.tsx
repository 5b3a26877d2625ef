import { ShieldCheck } from 'lucide-react';
import type { Approval } from '../../../contract/schemas/approvals.ts';
import { classes } from '../../parts/classes.ts';
import { Visible } from '../../parts/words.tsx';
import { type Answer, howMuch, undo } from './facts.ts';

const INK = {
  plain: 'text-ink',
  good: 'text-good-ink',
  warn: 'text-warn-ink',
  danger: 'text-danger-ink',
} as const;

/** The four answers one needs before anything else. */
export function Tiles({ approval }: { readonly approval: Approval }) {
  const { card } = approval;
  const where = card.environment;
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-xl border border-line bg-surface lg:grid-cols-4">
      <Tile name="What" answer={whatOf(approval)} />
      <Tile
        name="Where"
        answer={{
          text: card.resource ?? 'The policy',
          tone: where?.protected ? 'warn' : 'plain',
          ...(where ? { detail: where.name } : {}),
        }}
        isProtected={where?.protected ?? false}
      />
      <Tile name="How much" answer={howMuch(approval)} />
      <Tile name="Can it be undone?" answer={undo(approval)} />
    </dl>
  );
}

function whatOf({ kind, card }: Approval): Answer {
  const tone = card.effect === 'destroy' ? 'danger' : card.effect === 'read' ? 'plain' : 'warn';
  const words = kind === 'widening' ? 'widen' : card.effect.replace('_', ' ');
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return { text, tone, ...(card.tables.length > 0 ? { detail: card.tables.join(', ') } : {}) };
}

function Tile({
  name,
  answer: { text, detail, tone },
  isProtected = false,
}: {
  readonly name: string;
  readonly answer: Answer;
  readonly isProtected?: boolean;
}) {
  return (
    <div className="-mr-px -mb-px border-r border-b border-line p-4">
      <dt className="text-xs font-medium text-ink-faint">{name}</dt>
      <dd className={classes('mt-1 text-lg leading-tight font-semibold break-words', INK[tone])}>
        <Visible text={text} />
      </dd>
      {detail !== undefined && (
        <dd className="mt-1 flex items-center gap-1 text-[13px] break-words text-ink-soft">
          {isProtected && <ShieldCheck aria-hidden className="size-3.5 shrink-0 text-warn-ink" />}
          <span className="min-w-0">
            <Visible text={detail} />
            {isProtected && ', protected'}
          </span>
        </dd>
      )}
    </div>
  );
}
