const GIVEN = [
  'Ada',
  'Amir',
  'Bo',
  'Chen',
  'Dana',
  'Elif',
  'Femi',
  'Grace',
  'Hana',
  'Ivo',
  'Jun',
  'Kai',
];
const FAMILY = [
  'Abara',
  'Berg',
  'Costa',
  'Diaz',
  'Evans',
  'Fujita',
  'Garcia',
  'Haas',
  'Ito',
  'Jansen',
];
const STREETS = [
  'Oak Street',
  'Mill Lane',
  'Station Road',
  'Park Avenue',
  'High Street',
  'River Walk',
];
const CITIES = ['Springfield', 'Riverton', 'Fairview', 'Lakeside', 'Greenville', 'Ashford'];
const WORDS = ['amber', 'basalt', 'cedar', 'delta', 'ember', 'fjord', 'garnet', 'harbor', 'indigo'];

type Invent = (digest: Buffer, tag: string) => string;

function pick(list: readonly string[], digest: Buffer, at: number): string {
  return list[digest.readUInt16BE(at) % list.length] ?? '';
}

/** By the column's name, first match; `tag` tells one from another where that is needed. */
const BY_NAME: readonly (readonly [RegExp, Invent])[] = [
  [/mail/i, (_, tag) => `${tag}@example.com`],
  [
    /phone|mobile|fax|(?:^|_)tel/i,
    (digest) => `+1 555 01${digits(digest, 2)} ${digits(digest, 4)}`,
  ],
  [/street|address|addr/i, (digest) => `${1 + (digest[4] ?? 0)} ${pick(STREETS, digest, 5)}`],
  [/city|town/i, (digest) => pick(CITIES, digest, 5)],
  [/zip|postal|postcode/i, (digest) => digits(digest, 5)],
  [/first.?name|given/i, (digest) => pick(GIVEN, digest, 5)],
  [/last.?name|family|surname/i, (digest) => pick(FAMILY, digest, 7)],
  [/name|contact|person/i, (digest) => `${pick(GIVEN, digest, 5)} ${pick(FAMILY, digest, 7)}`],
  [/url|website|link/i, (_, tag) => `https://example.com/${tag}`],
  [/^ip|_ip$|ip_?address/i, (digest) => `192.0.2.${digest[4] ?? 0}`],
];

function digits(digest: Buffer, count: number): string {
  return String(digest.readUInt32BE(8) % 10 ** count).padStart(count, '0');
}

/**
 * A made-up text for a column of that name, the same for the same digest. ASCII without anything that COPY
 * would escape; addresses and numbers are of the ranges kept for examples (RFC 2606, RFC 5737).
 * @param tag appended where values must not repeat
 */
export function inventText(column: string, digest: Buffer, tag: string, unique: boolean): string {
  const invent = BY_NAME.find(([pattern]) => pattern.test(column))?.[1];
  const text = invent ? invent(digest, tag) : `${pick(WORDS, digest, 5)} ${pick(WORDS, digest, 7)}`;
  return unique && !text.includes(tag) ? `${text} ${tag}` : text;
}
