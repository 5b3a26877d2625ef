import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { GitCompareArrows, ShieldAlert } from 'lucide-react';
import type { BundleDiff } from '../../../contract/schemas/policy.ts';
import type { CountersignError } from '../../../sdk/error.ts';
import { Button } from '../../parts/button.tsx';
import { counted } from '../../parts/duration.ts';
import { Empty } from '../../parts/empty.tsx';
import { Failure, Problem } from '../../parts/failure.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { call } from '../../wire/call.ts';
import { type Version, useVersion } from './active.ts';
import { Apply } from './apply.tsx';
import { DiffCounts, DiffRows } from './diff-rows.tsx';
import { useDraft, withDraft } from './draft.ts';
import type { Files } from './merge-drafts.ts';
import { Moved } from './moved.tsx';
import { FileChanges, NamedChanges } from './what-changed.tsx';

/** The draft against the active version, before it is applied. */
export function DraftReview({
  base,
  active,
}: {
  readonly base: Version;
  readonly active: Version;
}) {
  const draft = useDraft();
  if (!draft) {
    return (
      <Panel flush>
        <Empty
          icon={GitCompareArrows}
          title="No changes"
          action={
            <Button asChild>
              <Link to="/policy" search={{ view: 'editor' }}>
                Open the files
              </Link>
            </Button>
          }
        >
          Change a file, and see here who gains and who loses what before anything is applied.
        </Empty>
      </Panel>
    );
  }
  const files = withDraft(base.files, draft);
  if (base.version !== active.version) return <Moved base={base} active={active} mine={files} />;
  return <Review files={files} active={active} stored={undefined} />;
}

/** A stored version against the active one: what rolling back to it would do. */
export function VersionReview({
  version,
  active,
}: {
  readonly version: number;
  readonly active: number;
}) {
  const wanted = useVersion(version);
  const present = useVersion(active);
  const error = wanted.error ?? present.error;
  if (error) return <Failure error={error} again={wanted.error ? wanted.again : present.again} />;
  if (!wanted.data || !present.data) return <Waiting rows={8} />;
  if (version === active) {
    return (
      <Panel flush>
        <Empty icon={GitCompareArrows} title={`Version ${version} is active`}>
          There is nothing to compare it with.
        </Empty>
      </Panel>
    );
  }
  return <Review files={wanted.data.files} active={present.data} stored={version} />;
}

function Review({
  files,
  active,
  stored,
}: {
  readonly files: Files;
  readonly active: Version;
  /** The version that has these files already. */
  readonly stored: number | undefined;
}) {
  const diff = useQuery<BundleDiff, CountersignError>({
    queryKey: ['diffBundle', active.version, files],
    queryFn: ({ signal }) => call('diffBundle', { body: { files }, signal, timeoutMs: 60_000 }),
    staleTime: 60_000,
  });
  if (diff.error?.code === 'bundle_invalid') return <Refused error={diff.error} />;
  if (diff.error) return <Failure error={diff.error} again={() => void diff.refetch()} />;
  if (!diff.data) return <Waiting rows={8} />;
  return (
    <div className="flex flex-col gap-5">
      {diff.data.widens.length > 0 && <Widens of={diff.data.widens} />}
      <Panel title="Who gains and who loses what" aside={<DiffCounts diff={diff.data} />} flush>
        <DiffRows diff={diff.data} />
      </Panel>
      <Panel title="What changed">
        <div className="flex flex-col gap-5">
          <NamedChanges diff={diff.data} />
          <FileChanges before={active.files} after={files} />
        </div>
      </Panel>
      <Assumed of={diff.data.assumed} />
      <Apply files={files} active={active.version} stored={stored} diff={diff.data} />
    </div>
  );
}

function Refused({ error }: { readonly error: CountersignError }) {
  return (
    <div className="flex flex-col gap-4">
      <Problem error={error} />
      <ul className="flex flex-col gap-1.5 text-sm">
        {(error.problem?.problems ?? []).map(({ file = '', line = 1, message }) => (
          <li key={`${file}:${line}:${message}`}>
            <Link
              to="/policy"
              search={{ view: 'editor', file, line }}
              className="font-mono text-[13px] text-accent-ink underline-offset-2 hover:underline"
            >
              {file}:{line}
            </Link>{' '}
            {message}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Widens({ of }: { readonly of: BundleDiff['widens'] }) {
  return (
    <section className="flex gap-3 rounded-xl bg-warn-soft p-4 text-sm text-warn-ink">
      <ShieldAlert aria-hidden className="mt-0.5 size-5 shrink-0" />
      <div className="flex min-w-0 flex-col gap-2 break-words">
        <h2 className="font-semibold">This widens a protected environment</h2>
        <p>An admin has to approve it before it takes effect: not you, where there is another.</p>
        <ul className="list-disc pl-5">
          {of.map(({ text }) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** What the comparison took for granted. */
function Assumed({ of }: { readonly of: BundleDiff['assumed'] }) {
  return (
    <details className="text-sm text-ink-soft">
      <summary className="cursor-pointer">
        {of.complete
          ? `Compared in ${counted(of.situations.length, 'situation')}, and no other would show more`
          : `Compared in ${counted(of.situations.length, 'situation')}; others might differ`}
      </summary>
      <ul className="mt-2 list-disc pl-6">
        {of.situations.map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
        {of.notes.map((note) => (
          <li key={note} className="text-warn-ink">
            {note}
          </li>
        ))}
      </ul>
    </details>
  );
}
