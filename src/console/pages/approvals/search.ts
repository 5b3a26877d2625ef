import { oneIn } from '../../parts/search-reader.ts';

/** What the address of the page says. */
export interface ApprovalsSearch {
  readonly view?: 'waiting' | 'all' | undefined;
}

export function readApprovalsSearch(search: Readonly<Record<string, unknown>>): ApprovalsSearch {
  return { view: oneIn(search, 'view', ['waiting', 'all'] as const) };
}
