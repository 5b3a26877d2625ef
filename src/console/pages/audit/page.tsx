import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Download, ScrollText, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import type { AuditEntry } from '../../../contract/schemas/operate.ts';
import { Button } from '../../parts/button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { type Column, ROW_LINK, Table } from '../../parts/table.tsx';
import { Time } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';
import { addressOf } from '../../wire/call.ts';
import { usePages } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';
import { EntryDialog } from './entry.tsx';
import { AuditFilters } from './filters.tsx';
import { type AuditSearch, queryOf, readAuditSearch } from './search.ts';
import { VerifyDialog } from './verify.tsx';
import { factsOf, Named } from './words.tsx';

/** The chain of everything that happened: searched, read entry by entry, verified, taken away. */
export function AuditPage() {
  const search = readAuditSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const [isVerifying, setVerifying] = useState(false);
  const rows = usePages('listAudit', { query: queryOf(search) });
  const may = useMay('admin', 'auditor');
  const show = (entry: number | undefined) =>
    void navigate({
      to: '/audit',
      search: { ...search, entry },
      replace: true,
      resetScroll: false,
    });
  return (
    <Page
      title="Audit"
      lead="Every decision, credential and change, each linked to the one before by its hash."
      actions={may && <Actions verify={() => setVerifying(true)} />}
    >
      <AuditFilters search={search} again={rows.again} />
      <Panel flush>
        <Table
          label="Audit entries, newest first"
          rows={rows}
          columns={COLUMNS}
          keyOf={({ seq }) => String(seq)}
          empty={<NoEntries search={search} />}
        />
      </Panel>
      {search.entry !== undefined && (
        <EntryDialog seq={search.entry} show={show} close={() => show(undefined)} />
      )}
      {isVerifying && <VerifyDialog close={() => setVerifying(false)} />}
    </Page>
  );
}

function Actions({ verify }: { readonly verify: () => void }) {
  return (
    <>
      <Button asChild>
        <a href={addressOf('/v1/audit/export')} download="countersign-audit.ndjson">
          <Download aria-hidden className="size-4" />
          Export
        </a>
      </Button>
      <Button look="primary" onClick={verify}>
        <ShieldCheck aria-hidden className="size-4" />
        Verify now
      </Button>
    </>
  );
}

const COLUMNS: readonly Column<AuditEntry>[] = [
  {
    header: 'What',
    width: 'minmax(0,1.1fr)',
    narrow: 'title',
    cell: ({ seq, action }) => (
      <div className="min-w-0">
        <Link
          to="/audit"
          search={(old) => ({ ...old, entry: seq })}
          replace
          resetScroll={false}
          className={ROW_LINK}
        >
          {action}
        </Link>
        <div className="text-xs font-normal tabular-nums text-ink-faint">#{seq}</div>
      </div>
    ),
  },
  {
    header: 'When',
    width: '7rem',
    cell: ({ time }) => <Time at={time} />,
  },
  { header: 'Who', width: 'minmax(0,1fr)', cell: ({ actor }) => <Named id={actor} /> },
  {
    header: 'What to',
    width: 'minmax(0,1.2fr)',
    cell: ({ subject }) => (
      <span className="font-mono text-[13px]">
        <Named id={subject} />
      </span>
    ),
  },
  {
    header: 'Facts',
    width: 'minmax(0,1.8fr)',
    narrow: 'hidden',
    cell: ({ detail }) => (
      <span className="line-clamp-2 text-[13px] break-words text-ink-soft">
        <Visible text={factsOf(detail)} />
      </span>
    ),
  },
];

function NoEntries({ search }: { readonly search: AuditSearch }) {
  const { entry: _entry, ...filters } = search;
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  return (
    <Empty icon={ScrollText} title={isFiltered ? 'No entry fits these filters' : 'Nothing yet'}>
      {isFiltered
        ? 'An action is written whole (lease.issued) or as its noun (lease); who and what by their ids.'
        : 'The first entry is written when the broker starts.'}
    </Empty>
  );
}
