import { Link, useSearch } from '@tanstack/react-router';
import { Signature } from 'lucide-react';
import { useState } from 'react';
import type { Approval } from '../../../contract/schemas/approvals.ts';
import { Empty } from '../../parts/empty.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { State } from '../../parts/state.tsx';
import { type Column, ROW_LINK, Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Time } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';
import { usePages } from '../../wire/query.ts';
import { headlineOf, likenessOf } from './facts.ts';
import { Question } from './question.tsx';
import { Together } from './together.tsx';

const EVERY_MS = 10_000;
const MOST_TOGETHER = 20;
const TABS = [
  { name: 'waiting', title: 'Waiting' },
  { name: 'all', title: 'All' },
] as const;

export function ApprovalsPage() {
  const { view = 'waiting' } = useSearch({ from: '/inside/approvals' });
  return (
    <Page
      title="Approvals"
      lead="Questions that only a person answers. An approval is a signature over exactly what is shown."
    >
      <Tabs label="Which approvals" current={view} tabs={TABS} />
      {view === 'waiting' ? <Queue /> : <History />}
    </Page>
  );
}

/** What waits, the one that ends first at the top. */
function Queue() {
  const pages = usePages('listApprovals', { query: { state: 'pending' } }, { every: EVERY_MS });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  if (pages.isPending) return <Waiting rows={6} />;
  if (pages.error && pages.items.length === 0) {
    return <Failure error={pages.error} again={pages.again} />;
  }
  if (pages.items.length === 0) return <NothingWaits />;
  const waiting = pages.items.toSorted((a, b) => (a.expires_at < b.expires_at ? -1 : 1));
  const picked = waiting.filter(({ id }) => chosen.has(id));
  const likeness = picked[0] && likenessOf(picked[0]);
  const alike = (one: Approval) => likeness === undefined || likenessOf(one) === likeness;
  const pick = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const several = (one: Approval) =>
    waiting.some((other) => other !== one && likenessOf(other) === likenessOf(one));
  return (
    <>
      <ul className="flex flex-col gap-3">
        {waiting.map((one) => (
          <Question
            key={one.id}
            approval={one}
            picked={chosen.has(one.id)}
            canPick={
              one.may_answer === true &&
              several(one) &&
              alike(one) &&
              (chosen.has(one.id) || picked.length < MOST_TOGETHER)
            }
            showsPick={one.may_answer === true && several(one)}
            onPick={() => pick(one.id)}
          />
        ))}
      </ul>
      {picked.length > 1 && <Together approvals={picked} onDone={() => setChosen(new Set())} />}
    </>
  );
}

function NothingWaits() {
  return (
    <Panel flush>
      <Empty icon={Signature} title="Nothing waits for you">
        When an agent wants to change or destroy something in a protected environment, the exact
        operation appears here, and happens only after you have signed it.
      </Empty>
    </Panel>
  );
}

const COLUMNS: readonly Column<Approval>[] = [
  {
    header: 'What',
    narrow: 'title',
    width: 'minmax(0,2fr)',
    cell: (one) => (
      <Link to="/approvals/$id" params={{ id: one.id }} className={ROW_LINK}>
        <Visible text={headlineOf(one)} />
      </Link>
    ),
  },
  { header: 'State', width: '7rem', cell: ({ state }) => <State of={state} /> },
  { header: 'Asked by', cell: ({ card }) => card.agent?.name ?? card.author?.name ?? '–' },
  {
    header: 'Answered by',
    cell: ({ votes }) => votes.map(({ operator }) => operator?.name ?? '–').join(', ') || '–',
  },
  { header: 'When', width: '8rem', cell: ({ created_at: at }) => <Time at={at} /> },
];

function History() {
  const pages = usePages('listApprovals', {});
  return (
    <Panel flush>
      <Table
        label="Approvals"
        rows={pages}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Empty icon={Signature} title="Nobody was asked anything yet" />}
      />
    </Panel>
  );
}
