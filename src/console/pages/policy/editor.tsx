import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { useMay } from '../../wire/session.ts';
import type { Version } from './active.ts';
import { dropDraft, keepDraft, useDraft, withDraft } from './draft.ts';
import { FileList } from './file-list.tsx';
import { Findings } from './findings.tsx';
import { changedPaths, type Files } from './merge-drafts.ts';
import { Moved } from './moved.tsx';
import { FileActions } from './file-actions.tsx';
import { useValidation } from './validation.ts';

const CodeEditor = lazy(() =>
  import('./code-editor.tsx').then((module) => ({ default: module.CodeEditor })),
);

/** The files of the policy, checked as they are typed. Nothing is applied from here. */
export function Editor({
  base,
  active,
  place,
}: {
  readonly base: Version;
  readonly active: Version;
  readonly place: { readonly file: string | undefined; readonly line: number | undefined };
}) {
  const draft = useDraft();
  const mayEdit = useMay('admin');
  const navigate = useNavigate();
  const [files, setFiles] = useState<Files>(() =>
    draft?.base === base.version ? withDraft(base.files, draft) : base.files,
  );
  const validation = useValidation(files);
  const paths = Object.keys(files).sort();
  const path = place.file !== undefined && place.file in files ? place.file : (paths[0] ?? '');
  const changed = useMemo(() => changedPaths(base.files, files), [base.files, files]);
  const put = useCallback(
    (next: Files) => {
      setFiles(next);
      keepDraft(base.version, base.files, next);
    },
    [base],
  );
  const open = (file: string | undefined, line?: number) =>
    void navigate({ to: '/policy', search: { view: 'editor', file, line }, replace: true });
  const problems = useMemo(
    () => validation.findings.filter(({ file }) => file === path),
    [validation.findings, path],
  );
  return (
    <div className="flex flex-col gap-4">
      {base.version !== active.version && <Moved base={base} active={active} mine={files} />}
      <div className="grid gap-4 lg:grid-cols-[15rem_minmax(0,1fr)]">
        <FileList
          paths={paths}
          current={path}
          changed={changed}
          findings={validation.findings}
          gone={changed.filter((one) => !(one in files))}
          open={open}
          restore={(gone) => put({ ...files, [gone]: base.files[gone] ?? '' })}
          actions={mayEdit && <FileActions files={files} put={put} open={open} />}
        />
        <Panel
          flush
          className="min-w-0"
          title={<code className="font-mono break-all">{path || 'no file'}</code>}
          aside={
            mayEdit && (
              <FileMenu
                path={path}
                isChanged={changed.includes(path)}
                undo={() => {
                  const { [path]: old } = base.files;
                  const { [path]: _gone, ...others } = files;
                  put(old === undefined ? others : { ...files, [path]: old });
                }}
                remove={() => {
                  const { [path]: _gone, ...others } = files;
                  put(others);
                  open(undefined);
                }}
              />
            )
          }
        >
          <Suspense fallback={<Waiting rows={10} />}>
            {path !== '' && (
              <CodeEditor
                key={path}
                path={path}
                text={files[path] ?? ''}
                problems={problems}
                readOnly={!mayEdit}
                line={place.line}
                onChange={(text) => put({ ...files, [path]: text })}
              />
            )}
          </Suspense>
        </Panel>
      </div>
      <Findings validation={validation} open={open} />
      {changed.length > 0 && (
        <div className="flex flex-wrap justify-end gap-2">
          <Button
            look="ghost"
            onClick={() => {
              dropDraft();
              setFiles(active.files);
            }}
          >
            Discard all changes
          </Button>
          <Button look="primary" asChild>
            <Link to="/policy" search={{ view: 'review' }}>
              See who gains and who loses
            </Link>
          </Button>
        </div>
      )}
    </div>
  );
}

function FileMenu({
  path,
  isChanged,
  undo,
  remove,
}: {
  readonly path: string;
  readonly isChanged: boolean;
  readonly undo: () => void;
  readonly remove: () => void;
}) {
  if (path === '') return null;
  return (
    <div className="flex gap-1">
      {isChanged && (
        <Button size="sm" look="ghost" onClick={undo}>
          Undo changes
        </Button>
      )}
      <Button size="sm" look="ghost" onClick={remove}>
        Remove
      </Button>
    </div>
  );
}
