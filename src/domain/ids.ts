/** One prefix per kind of record, so that an id says what it names wherever it turns up. */
export const ID_PREFIXES = {
  agent: 'agt',
  resourceServer: 'rs',
  task: 'tsk',
  grant: 'grt',
  token: 'tok',
  lease: 'lse',
  stop: 'stp',
  restore: 'rst',
  revocation: 'rev',
  operator: 'opr',
  operatorToken: 'opt',
  session: 'ses',
  ceremony: 'cer',
  link: 'lnk',
  clientSecret: 'sec',
  template: 'tpl',
  operation: 'op',
  notice: 'ntc',
  approval: 'apr',
  challenge: 'chl',
  request: 'req',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LETTERS = Buffer.from(ALPHABET, 'latin1');
/** Where an id is spelt before it becomes one string: every request makes five of them. */
const BODY_BYTES = Buffer.alloc(26);
const BODY = /^[0-9a-hjkmnp-tv-z]{26}$/;

/**
 * `prefix_` and 26 characters of Crockford base32: 48 bits of Unix milliseconds, then 80 random bits
 * (the ULID layout), so ids sort by age and cannot be guessed.
 *
 * @param unixMs milliseconds since the epoch, 0 … 2^48−1
 * @param random 10 random bytes, from `start` on
 */
export function formatId(kind: IdKind, unixMs: number, random: Uint8Array, start = 0): string {
  if (random.length < start + 10) throw new RangeError('formatId needs 10 random bytes');
  for (let at = 0; at < 10; at += 1) {
    BODY_BYTES[at] = LETTERS[Math.floor(unixMs / 2 ** (45 - 5 * at)) % 32] as number;
  }
  let buffer = 0;
  let bits = 0;
  let at = 10;
  for (let from = start; from < start + 10; from += 1) {
    buffer = (buffer << 8) | (random[from] as number);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      BODY_BYTES[at] = LETTERS[(buffer >> bits) & 31] as number;
      at += 1;
    }
    buffer &= (1 << bits) - 1;
  }
  return `${ID_PREFIXES[kind]}_${BODY_BYTES.toString('latin1')}`;
}

/** Is `text` a well-formed id of that kind? (Says nothing about whether the record exists.) */
export function isId(kind: IdKind, text: string): boolean {
  const prefix = `${ID_PREFIXES[kind]}_`;
  return text.startsWith(prefix) && BODY.test(text.slice(prefix.length));
}

/** When an id was made, in Unix milliseconds. @param id well-formed, see {@link isId} */
export function idTime(id: string): number {
  const body = id.slice(id.indexOf('_') + 1);
  let ms = 0;
  for (const letter of body.slice(0, 10)) ms = ms * 32 + ALPHABET.indexOf(letter);
  return ms;
}
