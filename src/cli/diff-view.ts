import type { BundleDiff, DiffRow } from '../contract/schemas/policy.ts';
import { accessWords, audienceWords, changeWords } from '../policy/diff/words.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';
import { formatTable } from './table.ts';

const SECTIONS = [
  'environments',
  'teams',
  'agents',
  'groups',
  'resources',
  'scopes',
  'rules',
] as const;
const MARKS = { gained: '+', lost: '-', terms: '~', rules: '~' } as const;

/** Who gains and who loses what, what widens, what changed in the files, and what was assumed. */
export function formatDiff(out: Output, diff: BundleDiff): string {
  const named = SECTIONS.flatMap((section) => namedLines(out, section, diff[section]));
  const terms = diff.terms.length
    ? [`${'terms'.padEnd(14)}${printable(diff.terms.join(', '))}`]
    : [];
  const changed = [...named, ...terms];
  const { decisions } = diff;
  if (changed.length + decisions.length + diff.widens.length === 0) return 'Nothing changes.';
  const access = decisions.length
    ? ['Who may what:', rowTable(out, diff)]
    : ['Nobody gains or loses anything.'];
  const widens = diff.widens.map(({ text }) => `  ${out.paint.yellow(printable(text))}`);
  return [
    ...access,
    ...section('Widens a protected environment:', widens),
    ...section('What changed:', changed),
    ...section(
      'Not compared:',
      diff.assumed.notes.map((note) => `  ${printable(note)}`),
    ),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', title, ...lines] : [];
}

function namedLines(out: Output, section: string, changes: BundleDiff['rules']) {
  const marked = [
    ...changes.added.map((name) => out.paint.green(`+${printable(name)}`)),
    ...changes.removed.map((name) => out.paint.red(`-${printable(name)}`)),
    ...changes.changed.map((name) => out.paint.yellow(`~${printable(name)}`)),
  ];
  return marked.length ? [`${section.padEnd(14)}${marked.join('  ')}`] : [];
}

function rowTable(out: Output, diff: BundleDiff): string {
  const { green, red, yellow, dim } = out.paint;
  const tints = { gained: green, lost: red, terms: yellow, rules: dim };
  return formatTable(out, diff.decisions, [
    {
      title: '',
      value: (row) => `${MARKS[row.change]} ${changeWords(row)}`,
      tint: ({ change }, text) => tints[change](text),
    },
    { title: 'WHO', value: (row) => who(diff, row), flexible: true },
    { title: 'SCOPE', value: ({ scopes }) => scopes.join(', '), flexible: true },
    { title: 'EFFECT', value: ({ actions }) => actions.join(', ') },
    { title: 'WHEN', value: ({ when }) => when, flexible: true },
    { title: 'BEFORE', value: ({ before }) => accessWords(before), flexible: true },
    { title: 'AFTER', value: ({ after }) => accessWords(after), flexible: true },
  ]);
}

/** Everybody a row is about. */
export function who(diff: Pick<BundleDiff, 'audiences'>, { audiences }: DiffRow): string {
  return audiences
    .flatMap((at) => diff.audiences[at] ?? [])
    .map(audienceWords)
    .join(', ');
}
