import { numberIn, oneIn, textIn } from '../../parts/search-reader.ts';

const VIEWS = ['editor', 'review', 'questions', 'versions'] as const;

/** What the address of the page says. */
export interface PolicySearch {
  readonly view?: (typeof VIEWS)[number] | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly scope?: string | undefined;
  readonly agent?: string | undefined;
  /** The stored version that is looked at, in place of the draft. */
  readonly version?: number | undefined;
}

export function readPolicySearch(search: Readonly<Record<string, unknown>>): PolicySearch {
  return {
    view: oneIn(search, 'view', VIEWS),
    file: textIn(search, 'file'),
    line: numberIn(search, 'line'),
    scope: textIn(search, 'scope'),
    agent: textIn(search, 'agent'),
    version: numberIn(search, 'version'),
  };
}
