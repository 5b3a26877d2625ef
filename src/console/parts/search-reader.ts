type Search = Readonly<Record<string, unknown>>;

/** A text that the address names; nothing where it is empty or something else. */
export function textIn(search: Search, name: string): string | undefined {
  const value = search[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A whole number from 1 that the address names. */
export function numberIn(search: Search, name: string): number | undefined {
  const value = Number(search[name] ?? Number.NaN);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** One of these words, or nothing. */
export function oneIn<Word extends string>(
  search: Search,
  name: string,
  words: readonly Word[],
): Word | undefined {
  return words.find((word) => word === search[name]);
}
