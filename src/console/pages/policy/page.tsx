import { useSearch } from '@tanstack/react-router';
import type { CountersignError } from '../../../sdk/error.ts';
import { Failure } from '../../parts/failure.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { useActiveVersion, useVersion } from './active.ts';
import { useDraft } from './draft.ts';
import { Editor } from './editor.tsx';
import { Questions } from './questions.tsx';
import { DraftReview, VersionReview } from './review.tsx';
import { type PolicySearch, readPolicySearch } from './search.ts';
import { Versions } from './versions.tsx';

type View = NonNullable<PolicySearch['view']>;

/** The rules of the house: written, asked, compared, applied. */
export function PolicyPage() {
  const search = readPolicySearch(useSearch({ strict: false }));
  const view: View = search.view ?? 'editor';
  const active = useActiveVersion();
  const draft = useDraft();
  const changed = Object.keys(draft?.changed ?? {}).length;
  return (
    <Page
      title="Policy"
      lead={
        active.data === undefined
          ? 'Who may have what, when, and on which terms.'
          : leadOf(active.data)
      }
    >
      <Tabs
        label="Policy"
        current={view}
        tabs={[
          { name: 'editor', title: 'Files' },
          { name: 'review', title: 'Changes', count: changed },
          { name: 'questions', title: 'Who can what' },
          { name: 'versions', title: 'Versions' },
        ]}
      />
      {active.data === undefined ? (
        <Unread error={active.error} again={() => void active.refetch()} />
      ) : (
        <Shown view={view} search={search} active={active.data} />
      )}
    </Page>
  );
}

function leadOf(version: number): string {
  if (version === 0) return 'No policy is active: nobody may have anything.';
  return `Version ${version} is active. It says who may have what, when, and on which terms.`;
}

function Unread({
  error,
  again,
}: {
  readonly error: CountersignError | null;
  readonly again: () => void;
}) {
  return error ? <Failure error={error} again={again} /> : <Waiting rows={8} />;
}

function Shown({
  view,
  search,
  active,
}: {
  readonly view: View;
  readonly search: PolicySearch;
  readonly active: number;
}) {
  if (view === 'questions') return <Questions scope={search.scope} agent={search.agent} />;
  if (view === 'versions') return <Versions />;
  if (view === 'review' && search.version !== undefined) {
    return <VersionReview version={search.version} active={active} />;
  }
  return <WithFiles view={view} search={search} active={active} />;
}

/** The editor and the review work on the files that the draft was begun with. */
function WithFiles({
  view,
  search,
  active,
}: {
  readonly view: View;
  readonly search: PolicySearch;
  readonly active: number;
}) {
  const draft = useDraft();
  const base = useVersion(draft?.base ?? active);
  const present = useVersion(active);
  if (!base.data || !present.data) {
    return (
      <Unread error={base.error ?? present.error} again={base.error ? base.again : present.again} />
    );
  }
  if (view === 'review') return <DraftReview base={base.data} active={present.data} />;
  return (
    <Editor
      key={base.data.version}
      base={base.data}
      active={present.data}
      place={{ file: search.file, line: search.line }}
    />
  );
}
