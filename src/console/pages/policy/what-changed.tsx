import { lazy, Suspense } from 'react';
import type { BundleDiff } from '../../../contract/schemas/policy.ts';
import { Badge } from '../../parts/badge.tsx';
import { Waiting } from '../../parts/page.tsx';
import { changedPaths, type Files } from './merge-drafts.ts';

const SECTIONS = [
  'environments',
  'teams',
  'agents',
  'groups',
  'resources',
  'scopes',
  'rules',
] as const;
const FileDiff = lazy(() =>
  import('./file-diff.tsx').then((module) => ({ default: module.FileDiff })),
);

/** The named things that came, went or differ. */
export function NamedChanges({ diff }: { readonly diff: BundleDiff }) {
  const sections = SECTIONS.map((name) => ({ name, changes: diff[name] })).filter(
    ({ changes }) => changes.added.length + changes.removed.length + changes.changed.length > 0,
  );
  if (sections.length === 0) return null;
  return (
    <dl className="flex flex-col gap-3 text-sm">
      {sections.map(({ name, changes }) => (
        <div key={name} className="flex flex-wrap items-baseline gap-2">
          <dt className="w-28 shrink-0 text-ink-faint">{name}</dt>
          <dd className="flex min-w-0 flex-1 flex-wrap gap-1.5">
            <Names of={changes.added} tone="good" sign="+" said="added" />
            <Names of={changes.removed} tone="danger" sign="−" said="removed" />
            <Names of={changes.changed} tone="neutral" sign="~" said="changed" />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Names(props: {
  readonly of: readonly string[];
  readonly tone: 'good' | 'danger' | 'neutral';
  readonly sign: string;
  readonly said: string;
}) {
  return props.of.map((name) => (
    <Badge key={name} tone={props.tone}>
      <span aria-hidden>{props.sign}</span>
      <span className="sr-only">{props.said} </span>
      <span className="break-all">{name}</span>
    </Badge>
  ));
}

/** The text of each file that differs, line by line, folded until asked for. */
export function FileChanges({ before, after }: { readonly before: Files; readonly after: Files }) {
  const paths = changedPaths(before, after);
  if (paths.length === 0) return <p className="text-sm text-ink-soft">No file differs.</p>;
  return (
    <div className="flex flex-col gap-2">
      {paths.map((path) => (
        <details key={path} className="group rounded-lg border border-line">
          <summary className="flex cursor-pointer items-center gap-2 px-3.5 py-2.5 font-mono text-[13px] break-all">
            <span className="min-w-0 flex-1">{path}</span>
            {!(path in before) && <Badge tone="good">new</Badge>}
            {!(path in after) && <Badge tone="danger">gone</Badge>}
          </summary>
          <div className="border-t border-line">
            <Suspense fallback={<Waiting rows={3} />}>
              <FileDiff path={path} before={before[path] ?? ''} after={after[path] ?? ''} />
            </Suspense>
          </div>
        </details>
      ))}
    </div>
  );
}
