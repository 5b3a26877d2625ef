import type { Pattern } from './fact-tests.ts';

/** One kind of text that a set of patterns tells apart: which of them it fits, and a text of that kind. */
export interface TextClass {
  readonly fits: readonly boolean[];
  readonly example: string;
}

/** States of the search; patterns that overlap in more ways are not enumerated. */
const MOST_STATES = 2_000;

/** How far into each pattern a text can have come: the sets of positions reached. */
type State = readonly (readonly number[])[];

/**
 * Every kind of text that these patterns tell apart, each with its shortest example: a walk over the
 * patterns read side by side as automata, over the characters they name and one they don't.
 * `complete` is false when the walk was cut off.
 * @param usual comes first, as the example of its kind
 */
export function textClasses(
  patterns: readonly Pattern[],
  usual: string,
): { classes: TextClass[]; complete: boolean } {
  const alphabet = [...new Set(patterns.flat().filter((it) => it !== null))];
  const other = ['x', '·', '§', '¤'].find((it) => !alphabet.includes(it));
  if (other !== undefined) alphabet.unshift(other);
  const start: State = patterns.map((pattern) => spread(pattern, [0]));
  const fitsAt = (state: State) =>
    state.map((positions, of) => positions.includes(patterns[of]?.length ?? 0));
  const step = (state: State, char: string) =>
    state.map((positions, of) => advance(patterns[of] ?? [], positions, char));
  const first = fitsAt([...usual].reduce(step, start));
  const classes = new Map([[String(first), { fits: first, example: usual }]]);
  const open: { state: State; text: string }[] = [{ state: start, text: '' }];
  const seen = new Set([JSON.stringify(start)]);
  for (let at = 0; at < open.length && seen.size <= MOST_STATES; at += 1) {
    const { state, text } = open[at] as { state: State; text: string };
    const fits = fitsAt(state);
    const known = classes.get(String(fits));
    // An empty text is a poor example of anything.
    if (!known || known.example === '') classes.set(String(fits), { fits, example: text });
    for (const char of alphabet) {
      const next = step(state, char);
      const name = JSON.stringify(next);
      if (seen.has(name)) continue;
      seen.add(name);
      open.push({ state: next, text: text + char });
    }
  }
  return {
    classes: [...classes.values()],
    complete: seen.size <= MOST_STATES && other !== undefined,
  };
}

function advance(pattern: Pattern, positions: readonly number[], char: string): number[] {
  const reached = positions.flatMap((at) => {
    if (pattern[at] === null) return [at];
    return pattern[at] === char ? [at + 1] : [];
  });
  return spread(pattern, reached);
}

/** A wildcard may stand for nothing, so the position after it is reached too. */
function spread(pattern: Pattern, positions: readonly number[]): number[] {
  const all = new Set<number>();
  for (const start of positions) {
    let at = start;
    all.add(at);
    while (pattern[at] === null) all.add((at += 1));
  }
  return [...all].sort((a, b) => a - b);
}
