/** The files of a bundle by path. */
export type Files = Readonly<Record<string, string>>;

export interface Merged {
  readonly files: Files;
  /** Files that both changed, each in another way: they stand as they do here. */
  readonly conflicts: readonly string[];
  /** Files that only the other side changed. */
  readonly taken: readonly string[];
}

/** Paths whose text differs, is new or is gone. */
export function changedPaths(before: Files, after: Files): string[] {
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...paths].filter((path) => before[path] !== after[path]).sort();
}

/**
 * Brings what was written here onto files that changed meanwhile, file by file: what only one side
 * changed is as that side says, and of what both changed the draft stays and is named.
 */
export function mergeDrafts(base: Files, mine: Files, theirs: Files): Merged {
  const files: Record<string, string> = {};
  const conflicts: string[] = [];
  const taken: string[] = [];
  const paths = new Set([base, mine, theirs].flatMap((side) => Object.keys(side)));
  for (const path of [...paths].sort()) {
    const [old, here, there] = [base[path], mine[path], theirs[path]];
    if (here === old && there !== old) taken.push(path);
    else if (here !== old && there !== old && here !== there) conflicts.push(path);
    const text = here === old ? there : here;
    if (text !== undefined) files[path] = text;
  }
  return { files, conflicts, taken };
}
