// Controls (C0, DEL, C1), what reorders or hides text (bidi, zero width), and foreign line ends.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * Text from elsewhere (purposes, names, details), made safe for a terminal: nothing in it can move
 * the cursor, colour a line, reverse its order or start a new one. `\u{1b}` stands for what was there.
 */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
