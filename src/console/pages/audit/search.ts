import { numberIn, textIn } from '../../parts/search-reader.ts';

/** What the address of the page says: the filters, and the entry that is open. */
export interface AuditSearch {
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  /** By the browser's own clock, as its field writes it: `2026-11-25T10:00`. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly entry?: number | undefined;
}

export function readAuditSearch(search: Readonly<Record<string, unknown>>): AuditSearch {
  return {
    action: textIn(search, 'action'),
    actor: textIn(search, 'actor'),
    subject: textIn(search, 'subject'),
    since: textIn(search, 'since'),
    until: textIn(search, 'until'),
    entry: numberIn(search, 'entry'),
  };
}

/** The filters as the list takes them. */
export function queryOf({ action, actor, subject, since, until }: AuditSearch) {
  return {
    ...(action === undefined ? {} : { action }),
    ...(actor === undefined ? {} : { actor }),
    ...(subject === undefined ? {} : { subject }),
    ...momentOf('since', since),
    ...momentOf('until', until),
  };
}

function momentOf<Name extends 'since' | 'until'>(
  name: Name,
  text = '',
): Partial<Record<Name, string>> {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return {};
  return { [name]: new Date(ms).toISOString() } as Record<Name, string>;
}
