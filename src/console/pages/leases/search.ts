import { oneIn, textIn } from '../../parts/search-reader.ts';

export const STATES = ['live', 'overdue', 'abandoned', 'all'] as const;
export type State = (typeof STATES)[number];

/** What the address of the page says: which records are shown. */
export interface LeasesSearch {
  readonly view?: 'leases' | 'tokens' | undefined;
  readonly agent?: string | undefined;
  readonly task?: string | undefined;
  readonly resource?: string | undefined;
  /** Live ones unless said. */
  readonly state?: State | undefined;
}

export function readLeasesSearch(search: Readonly<Record<string, unknown>>): LeasesSearch {
  return {
    view: oneIn(search, 'view', ['leases', 'tokens'] as const),
    agent: textIn(search, 'agent'),
    task: textIn(search, 'task'),
    resource: textIn(search, 'resource'),
    state: oneIn(search, 'state', STATES),
  };
}
