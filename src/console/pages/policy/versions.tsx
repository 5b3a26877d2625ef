import { Link } from '@tanstack/react-router';
import { History } from 'lucide-react';
import type { BundleInfo } from '../../../contract/schemas/operate.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Panel } from '../../parts/panel.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';
import { usePages } from '../../wire/query.ts';
import { Named } from '../audit/words.tsx';

/** Every version that was stored, and the way back to one. */
export function Versions() {
  const rows = usePages('listBundles');
  return (
    <Panel flush>
      <Table
        label="Versions of the policy"
        rows={rows}
        columns={COLUMNS}
        keyOf={({ version }) => String(version)}
        empty={
          <Empty icon={History} title="No version yet">
            Apply the files once, or run <code>countersign policy apply</code>. Every version stays
            here with its author and note, and any of them can be applied again.
          </Empty>
        }
      />
    </Panel>
  );
}

const COLUMNS: readonly Column<BundleInfo>[] = [
  {
    header: 'Version',
    width: '9rem',
    narrow: 'title',
    cell: ({ version, active }) => (
      <span className="flex items-center gap-2 font-medium tabular-nums">
        {version}
        {active && <Badge tone="good">active</Badge>}
      </span>
    ),
  },
  {
    header: 'Note',
    width: 'minmax(0,2fr)',
    cell: ({ note }) =>
      note === '' ? <span className="text-ink-faint">no note</span> : <Visible text={note} />,
  },
  { header: 'Author', width: 'minmax(0,1fr)', cell: ({ author }) => <Named id={author} /> },
  { header: 'Stored', width: '8rem', cell: ({ created_at }) => <Time at={created_at} /> },
  {
    header: 'Digest',
    width: '11rem',
    narrow: 'hidden',
    cell: ({ digest }) => <Copyable text={digest} label="Copy the digest" short />,
  },
  {
    header: 'Action',
    width: '12rem',
    cell: ({ version, active }) =>
      !active && (
        <Button size="sm" asChild>
          <Link to="/policy" search={{ view: 'review', version }}>
            Compare and apply
          </Link>
        </Button>
      ),
  },
];
