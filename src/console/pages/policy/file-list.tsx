import { FileText, Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { Badge } from '../../parts/badge.tsx';
import { classes } from '../../parts/classes.ts';
import type { Finding } from './validation.ts';

interface FileListProps {
  readonly paths: readonly string[];
  readonly current: string;
  readonly changed: readonly string[];
  readonly findings: readonly Finding[];
  /** Files of the base that the draft no longer has. */
  readonly gone: readonly string[];
  readonly open: (path: string) => void;
  readonly restore: (path: string) => void;
  readonly actions: ReactNode;
}

/** The files of the bundle by folder; says which are changed, wrong or gone. */
export function FileList(props: FileListProps) {
  const { paths, actions } = props;
  return (
    <nav aria-label="Files of the policy" className="flex min-w-0 flex-col gap-3">
      <label className="lg:hidden">
        <span className="sr-only">File</span>
        <select
          value={props.current}
          onChange={(event) => props.open(event.target.value)}
          className="h-10 w-full rounded-lg border border-line-strong bg-surface px-3 font-mono text-[13px]"
        >
          {paths.map((path) => (
            <option key={path} value={path}>
              {path}
              {props.changed.includes(path) ? ' (changed)' : ''}
            </option>
          ))}
        </select>
      </label>
      <div className="hidden flex-col gap-3 lg:flex">
        {foldersOf(paths).map(([folder, files]) => (
          <div key={folder}>
            {folder !== '' && (
              <div className="px-2.5 pb-1 text-xs font-medium text-ink-faint">{folder}</div>
            )}
            <ul>
              {files.map((path) => (
                <FileItem key={path} path={path} {...props} />
              ))}
            </ul>
          </div>
        ))}
      </div>
      {props.gone.map((path) => (
        <div key={path} className="flex items-center gap-2 px-2.5 text-[13px] text-ink-soft">
          <span className="min-w-0 flex-1 font-mono break-all line-through">{path}</span>
          <button
            type="button"
            aria-label={`Put ${path} back`}
            onClick={() => props.restore(path)}
            className="grid size-7 place-items-center rounded hover:bg-hover"
          >
            <Undo2 aria-hidden className="size-4" />
          </button>
        </div>
      ))}
      {actions}
    </nav>
  );
}

function FileItem({
  path,
  current,
  changed,
  findings,
  open,
}: FileListProps & { readonly path: string }) {
  const own = findings.filter(({ file }) => file === path);
  const errors = own.filter(({ severity }) => severity === 'error').length;
  return (
    <li>
      <button
        type="button"
        aria-current={path === current ? 'true' : undefined}
        onClick={() => open(path)}
        className={classes(
          'flex w-full items-center gap-2 rounded-lg px-2.5 py-1.5 text-left text-[13px]',
          path === current
            ? 'bg-accent-soft font-medium text-accent-ink'
            : 'text-ink-soft hover:bg-hover',
        )}
      >
        <FileText aria-hidden className="size-4 shrink-0 text-ink-faint" />
        <span className="min-w-0 flex-1 break-all">{path.slice(path.indexOf('/') + 1)}</span>
        {errors > 0 && (
          <Badge tone="danger">
            {errors}
            <span className="sr-only"> problems</span>
          </Badge>
        )}
        {changed.includes(path) && (
          <span className="size-2 shrink-0 rounded-full bg-warn-ink">
            <span className="sr-only">changed</span>
          </span>
        )}
      </button>
    </li>
  );
}

function foldersOf(paths: readonly string[]): [string, string[]][] {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const folder = path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
    folders.set(folder, [...(folders.get(folder) ?? []), path]);
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1));
}
