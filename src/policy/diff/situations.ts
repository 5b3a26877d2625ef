import type { ContextClass } from './context-classes.ts';

/** Alternatives that are written out before the rest is counted. */
const MOST_WRITTEN = 4;

/** Some of the situations in words: what sets them apart from the others. `always` where they are all. */
export function inWords(chosen: readonly ContextClass[], all: readonly ContextClass[]): string {
  if (chosen.length === all.length) return 'always';
  const facts = Object.keys(all[0]?.words ?? {});
  const values = (of: readonly ContextClass[], fact: string) => [
    ...new Set(of.map(({ words }) => words[fact] ?? '')),
  ];
  const varied = facts.map((fact) => ({
    fact,
    some: values(chosen, fact),
    every: values(all, fact),
  }));
  const product = varied.reduce((count, { some }) => count * some.length, 1);
  if (product === chosen.length) {
    // Every combination of these values is in it, so naming the values says it exactly.
    return varied
      .filter(({ some, every }) => some.length < every.length)
      .map(({ some }) => some.join(' or '))
      .join(', ');
  }
  const written = chosen.slice(0, MOST_WRITTEN).map(({ words }) => Object.values(words).join(', '));
  const left = chosen.length - written.length;
  return [...written, ...(left > 0 ? [`${left} more situations`] : [])].join('; or ');
}
