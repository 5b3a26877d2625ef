import { invalidRequest } from '../domain/errors.ts';

/** A cursor is opaque outside: base64url of the id after which the next page starts. */
export function before(cursor: string | undefined): { before: string } | Record<never, never> {
  if (cursor === undefined) return {};
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[\x20-\x7e]{1,150}$/.test(text)) {
    throw invalidRequest('cursor: use next_cursor of the page before.', 'cursor');
  }
  return { before: text };
}

/** The same for a list whose ids are numbers. */
export function beforeNumber(
  cursor: string | undefined,
): { before: string } | Record<never, never> {
  const after = before(cursor);
  if ('before' in after && !/^[1-9][0-9]{0,14}$/.test(after.before)) {
    throw invalidRequest('cursor: use next_cursor of the page before.', 'cursor');
  }
  return after;
}

/** A page asked for with one record more than shown, so that the last page has no cursor. */
export function paged<T, U>(
  rows: readonly T[],
  limit: number,
  idOf: (row: T) => string,
  present: (row: T) => U,
): { items: U[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items: shown.map(present),
    next_cursor: more ? Buffer.from(idOf(last), 'utf8').toString('base64url') : null,
  };
}

/** The same for a list that is in memory whole, ordered by name. */
export function pagedByName<T, U>(
  all: readonly T[],
  query: { limit: number; cursor?: string | undefined },
  nameOf: (row: T) => string,
  present: (row: T) => U,
): { items: U[]; next_cursor: string | null } {
  const after = before(query.cursor);
  const from = 'before' in after ? after.before : '';
  const rows = [...all]
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .filter((row) => nameOf(row) > from);
  return paged(rows.slice(0, query.limit + 1), query.limit, nameOf, present);
}

/** The same for one that is ordered by id, newest first. */
export function pagedByAge<T extends { readonly id: string }, U>(
  all: readonly T[],
  query: { limit: number; cursor?: string | undefined },
  present: (row: T) => U,
): { items: U[]; next_cursor: string | null } {
  const after = before(query.cursor);
  const rows = 'before' in after ? all.filter(({ id }) => id < after.before) : all;
  return paged(rows.slice(0, query.limit + 1), query.limit, ({ id }) => id, present);
}
