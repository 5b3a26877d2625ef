import { formatDuration } from '../domain/duration.ts';
import type { BundleDiff } from '../policy/diff.ts';
import type { DecisionChange } from '../policy/diff-decisions.ts';
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

/** Who gains and who loses what, and what changed in the files, in that order. */
export function formatDiff(out: Output, diff: Partial<BundleDiff>): string {
  const named = SECTIONS.flatMap((section) => namedLines(out, section, diff[section]));
  const terms = diff.terms?.length
    ? [`${'terms'.padEnd(14)}${printable(diff.terms.join(', '))}`]
    : [];
  const decisions = diff.decisions ?? [];
  if (named.length + terms.length + decisions.length === 0) return 'Nothing changes.';
  const access = decisions.length
    ? ['Who may what:', decisionTable(out, decisions)]
    : ['Nobody gains or loses anything.'];
  const changes = named.length + terms.length > 0 ? ['', 'What changed:', ...named, ...terms] : [];
  return [...access, ...changes].join('\n');
}

function namedLines(out: Output, section: string, changes: BundleDiff['rules'] | undefined) {
  const marked = [
    ...(changes?.added ?? []).map((name) => out.paint.green(`+${printable(name)}`)),
    ...(changes?.removed ?? []).map((name) => out.paint.red(`-${printable(name)}`)),
    ...(changes?.changed ?? []).map((name) => out.paint.yellow(`~${printable(name)}`)),
  ];
  return marked.length ? [`${section.padEnd(14)}${marked.join('  ')}`] : [];
}

function decisionTable(out: Output, decisions: readonly DecisionChange[]): string {
  const { green, red, yellow, dim } = out.paint;
  const tints = { gained: green, lost: red, terms: yellow, rules: dim };
  return formatTable(out, decisions, [
    {
      title: '',
      value: ({ change }) => `${MARKS[change]} ${change}`,
      tint: ({ change }, text) => tints[change](text),
    },
    { title: 'WHO', value: ({ subject }) => who(subject), flexible: true },
    { title: 'SCOPE', value: ({ scope }) => scope, flexible: true },
    { title: 'TICKET', value: ({ ticket }) => (ticket ? 'verified' : 'none') },
    { title: 'BEFORE', value: ({ before }) => outcome(before), flexible: true },
    { title: 'AFTER', value: ({ after }) => outcome(after), flexible: true },
  ]);
}

function who(subject: DecisionChange['subject']): string {
  if ('agent' in subject) return `agent ${subject.agent}`;
  return 'team' in subject ? `team ${subject.team}` : 'anyone';
}

function outcome(decision: DecisionChange['before']): string {
  if (decision.outcome === 'deny') return 'deny';
  const { ttlSeconds, approvals } = decision.terms;
  const persons = approvals.reduce((sum, { count }) => sum + count, 0);
  const ttl = ttlSeconds === undefined ? '' : ` ${formatDuration(ttlSeconds)}`;
  return decision.outcome === 'allow' ? `allow${ttl}` : `${persons} approval(s)${ttl}`;
}
