import type { BundleDiff, DiffRow } from '../contract/schemas/policy.ts';
import { accessWords, changeWords } from '../policy/diff/words.ts';
import { who } from './diff-view.ts';

/** Characters that a forge takes as a comment; what does not fit is counted, and the answer says so. */
const LONGEST = 60_000;
const NAMED = [
  'environments',
  'teams',
  'agents',
  'groups',
  'resources',
  'scopes',
  'rules',
] as const;

/** A comparison as Markdown, for a pull request. Whatever comes from the bundle is shown as code. */
export function markdownDiff(diff: BundleDiff): string {
  const changed = NAMED.flatMap((name) => namedLine(name, diff[name]));
  const { decisions, widens, assumed } = diff;
  const nothing = changed.length + decisions.length + widens.length === 0;
  const parts = nothing
    ? ['Nothing changes.']
    : [
        widens.length > 0
          ? `**Widens a protected environment** in ${count(widens.length, 'way')}: activating it takes an approval.`
          : 'Nothing in a protected environment is widened.',
        ...(widens.length > 0 ? [widens.map(({ text }) => `- ${code(text)}`).join('\n')] : []),
        rows(diff),
        ...(changed.length > 0
          ? [`<details><summary>What changed</summary>\n\n${changed.join('\n')}\n\n</details>`]
          : []),
      ];
  const told = assumed.complete
    ? 'Every situation that the changed rules tell apart was compared.'
    : `Not every situation was compared:\n\n${assumed.notes.map((note) => `- ${code(note)}`).join('\n')}`;
  return [
    '### Policy diff',
    ...parts,
    ...(nothing ? [] : [told]),
    `Digest: ${code(diff.digest)}`,
  ].join('\n\n');
}

function rows(diff: BundleDiff): string {
  if (diff.decisions.length === 0) return 'Nobody gains or loses anything.';
  const lines: string[] = [];
  let left = LONGEST;
  for (const row of diff.decisions) {
    const line = `| ${cells(diff, row).join(' | ')} |`;
    left -= line.length;
    if (left < 0) break;
    lines.push(line);
  }
  const cut = diff.decisions.length - lines.length;
  return [
    '| | Who | Scope | Effect | When | Before | After |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    ...(cut > 0 ? [`\n**${count(cut, 'row')} more**: \`countersign policy diff\` shows all.`] : []),
  ].join('\n');
}

function cells(diff: BundleDiff, row: DiffRow): string[] {
  const { change, when, before, after, protected: guarded } = row;
  const mark = change === 'gained' ? '➕' : change === 'lost' ? '➖' : '✏️';
  return [
    `${mark} ${changeWords(row)}${guarded ? ' (protected)' : ''}`,
    code(who(diff, row)),
    code(row.scopes.join(', ')),
    row.actions.join(', '),
    when === 'always' ? when : code(when),
    code(accessWords(before)),
    code(accessWords(after)),
  ];
}

function namedLine(name: string, { added, removed, changed }: BundleDiff['rules']): string[] {
  const parts = [
    ...added.map((it) => `added ${code(it)}`),
    ...removed.map((it) => `removed ${code(it)}`),
    ...changed.map((it) => `changed ${code(it)}`),
  ];
  return parts.length > 0 ? [`- ${name}: ${parts.join(', ')}`] : [];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/**
 * Text as a code span: nothing in it links, mentions or formats. In a table cell a pipe would end the cell
 * even in code, so it is written as what it is read as.
 */
function code(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').replace(/\|/g, '\\|');
  const fence = '`'.repeat(Math.max(0, ...(plain.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  return fence.length > 1 ? `${fence} ${plain} ${fence}` : `\`${plain}\``;
}
