import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import type { Approval } from '../../../contract/schemas/approvals.ts';
import { Badge } from '../../parts/badge.tsx';
import { Effect } from '../../parts/effect.tsx';
import { Environment } from '../../parts/environment.tsx';
import { Remaining } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';
import { headlineOf, howMuch, statementsOf, undo } from './facts.ts';

/** One question in the queue, short; all of it is one press away. */
export function Question({
  approval,
  picked,
  canPick,
  showsPick,
  onPick,
}: {
  readonly approval: Approval;
  readonly picked: boolean;
  readonly canPick: boolean;
  readonly showsPick: boolean;
  readonly onPick: () => void;
}) {
  const { card, requirements } = approval;
  const [first] = statementsOf(approval);
  const missing = requirements.reduce((sum, { count, have }) => sum + Math.max(0, count - have), 0);
  return (
    <li className="relative flex gap-3 rounded-xl border border-line bg-surface p-4 shadow-card hover:border-line-strong sm:p-5">
      {showsPick && (
        <input
          type="checkbox"
          aria-label={`Pick, to sign together: ${headlineOf(approval)}`}
          className="relative z-10 mt-1 size-4.5 shrink-0 accent-accent"
          checked={picked}
          disabled={!canPick}
          onChange={onPick}
        />
      )}
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-2">
          <Effect of={card.effect} />
          {card.environment && (
            <Environment name={card.environment.name} isProtected={card.environment.protected} />
          )}
          {approval.may_answer !== true && <Badge>not yours to approve</Badge>}
          <span className="ml-auto text-sm text-ink-faint">
            <Remaining until={approval.expires_at} /> left
          </span>
        </div>
        <h2 className="mt-2 font-semibold">
          <Link
            to="/approvals/$id"
            params={{ id: approval.id }}
            className="after:absolute after:inset-0 after:rounded-xl"
          >
            <Visible text={headlineOf(approval)} />
          </Link>
        </h2>
        {first && (
          <p className="mt-1.5 line-clamp-2 font-mono text-[13px] break-words text-ink-soft">
            <Visible text={first.sql} />
          </p>
        )}
        <p className="mt-2 text-sm text-ink-faint">
          {card.agent?.name ?? card.author?.name} · {howMuch(approval).text.toLowerCase()} · undo:{' '}
          {undo(approval).text.toLowerCase()} · {missing} more{' '}
          {missing === 1 ? 'signature' : 'signatures'}
        </p>
      </div>
      <ChevronRight aria-hidden className="size-5 shrink-0 self-center text-ink-faint" />
    </li>
  );
}
