import { z } from 'zod';
import { held } from '../../wire/held.ts';
import { changedPaths, type Files } from './merge-drafts.ts';

/** What was changed against one stored version and is applied nowhere yet. */
export interface Draft {
  /** The version that was active when it was begun; 0: there was none. */
  readonly base: number;
  /** Path → its text, or null where the file is gone. */
  readonly changed: Readonly<Record<string, string | null>>;
}

const KEY = 'countersign.policy-draft';
const Stored = z.object({
  base: z.number().int(),
  changed: z.record(z.string(), z.string().nullable()),
});

const draft = held(read());

/** Of this tab, so that it outlives a reload and an ended session, and no other tab writes into it. */
function read(): Draft | undefined {
  try {
    const parsed = Stored.safeParse(JSON.parse(sessionStorage.getItem(KEY) ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function put(next: Draft | undefined): void {
  try {
    if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Larger than the browser keeps: it lives as long as the page.
  }
  draft.put(next);
}

/** The draft of this tab, if there is one. */
export const useDraft = draft.use;

/** The files as the draft has them. */
export function withDraft(files: Files, { changed }: Pick<Draft, 'changed'>): Files {
  const all: Record<string, string> = { ...files };
  for (const [path, text] of Object.entries(changed)) {
    if (text === null) delete all[path];
    else all[path] = text;
  }
  return all;
}

/** Keeps what `files` changes against version `base`; nothing changed is no draft. */
export function keepDraft(base: number, baseFiles: Files, files: Files): void {
  const paths = changedPaths(baseFiles, files);
  if (paths.length === 0) return put(undefined);
  put({ base, changed: Object.fromEntries(paths.map((path) => [path, files[path] ?? null])) });
}

export function dropDraft(): void {
  put(undefined);
}
