/** One piece of a text: as it stands, or a character nobody would see, by its name. */
export interface Piece {
  readonly text: string;
  readonly hidden: boolean;
}

/**
 * Characters that are not seen or change how others are seen: controls, marks of direction, joiners,
 * fillers, tags, private use, lone surrogates. New lines and tabs are seen.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\p{Variation_Selector}]/u;

/** Takes a text apart so that nothing in it can hide or reorder the rest. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let plain = '';
  for (const character of text) {
    if (character === '\n' || character === '\t' || !UNSEEN.test(character)) {
      plain += character;
      continue;
    }
    if (plain !== '') pieces.push({ text: plain, hidden: false });
    plain = '';
    pieces.push({ text: nameOf(character), hidden: true });
  }
  if (plain !== '') pieces.push({ text: plain, hidden: false });
  return pieces;
}

function nameOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${code}`;
}
