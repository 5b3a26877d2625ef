import { oneIn } from '../../parts/search-reader.ts';

/** What the address of the page says. */
export interface PeopleSearch {
  readonly view?: 'operators' | 'groups' | undefined;
  /** Those who were removed too. */
  readonly removed?: 'true' | undefined;
}

export function readPeopleSearch(search: Readonly<Record<string, unknown>>): PeopleSearch {
  return {
    view: oneIn(search, 'view', ['operators', 'groups'] as const),
    removed: oneIn(search, 'removed', ['true'] as const),
  };
}
