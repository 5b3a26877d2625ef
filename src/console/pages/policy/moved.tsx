import { GitPullRequestArrow } from 'lucide-react';
import { Button } from '../../parts/button.tsx';
import type { Version } from './active.ts';
import { keepDraft } from './draft.ts';
import { changedPaths, type Files, mergeDrafts } from './merge-drafts.ts';

/** Somebody applied another version meanwhile: says what that changed, and brings both together. */
export function Moved({
  base,
  active,
  mine,
}: {
  readonly base: Version;
  readonly active: Version;
  readonly mine: Files;
}) {
  const merged = mergeDrafts(base.files, mine, active.files);
  const theirs = changedPaths(base.files, active.files);
  return (
    <div
      role="alert"
      className="flex flex-col gap-3 rounded-xl bg-warn-soft p-4 text-sm text-warn-ink sm:flex-row sm:items-start"
    >
      <GitPullRequestArrow aria-hidden className="mt-0.5 size-5 shrink-0" />
      <div className="flex min-w-0 flex-1 flex-col gap-1 break-words">
        <p>
          <strong>Version {active.version} was applied</strong> since you began with version{' '}
          {base.version}. It changed <Paths of={theirs} />.
        </p>
        {merged.conflicts.length === 0 ? (
          <p>None of it is what you changed: your changes fit on top.</p>
        ) : (
          <p>
            You changed <Paths of={merged.conflicts} /> too. There yours would stand, and theirs be
            gone: compare the changes before you apply.
          </p>
        )}
      </div>
      <Button size="sm" onClick={() => keepDraft(active.version, active.files, merged.files)}>
        Bring mine onto version {active.version}
      </Button>
    </div>
  );
}

function Paths({ of }: { readonly of: readonly string[] }) {
  return <span className="font-mono text-[13px]">{of.join(', ') || 'nothing'}</span>;
}
