import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { Effect } from '../../parts/effect.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Remaining } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';
import { useRead } from '../../wire/query.ts';
import { headlineOf } from '../approvals/facts.ts';

const FEW = 5;
const EVERY_MS = 15_000;

/** The approvals that wait, a few of them. */
export function WaitingQuestions() {
  const query = { state: 'pending', limit: FEW } as const;
  const { data } = useRead('listApprovals', { query }, { every: EVERY_MS });
  if (!data || data.items.length === 0) return null;
  return (
    <Panel
      title="Waiting for a person"
      flush
      aside={
        <Link to="/approvals" className="text-sm font-medium text-accent-ink hover:underline">
          All
        </Link>
      }
    >
      <ul className="divide-y divide-line">
        {data.items.map((one) => (
          <li
            key={one.id}
            className="relative flex items-center gap-3 px-4 py-3 hover:bg-hover/60 sm:px-5"
          >
            <Effect of={one.card.effect} />
            <Link
              to="/approvals/$id"
              params={{ id: one.id }}
              className="min-w-0 flex-1 truncate text-sm font-medium after:absolute after:inset-0"
            >
              <Visible text={headlineOf(one)} />
            </Link>
            <span className="text-sm text-ink-faint">
              <Remaining until={one.expires_at} />
            </span>
            <ChevronRight aria-hidden className="size-4 text-ink-faint" />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
