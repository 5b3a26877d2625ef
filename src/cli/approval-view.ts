import type { Approval } from '../contract/schemas/approvals.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';
import { relativeTime } from './relative-time.ts';
import { formatFacts } from './table.ts';

/** The card of an approval as text: facts first, the agent's own words apart and marked as such. */
export function approvalText(out: Output, approval: Approval, nowMs: number): string {
  const { card, words } = approval;
  const facts = formatFacts(out, [
    ['approval', approval.id],
    ['state', approval.state],
    ['kind', approval.kind],
    ['agent', card.agent && `${card.agent.name} (${card.agent.id}), owned by ${card.agent.owner}`],
    ['author', card.author && `${card.author.name} (${card.author.id})`],
    ['task', card.task && `${card.task.id}, opened by an ${card.task.opened_by}`],
    ['verified ticket', card.task?.verified_ticket],
    ['scope', card.scope],
    ['environment', card.environment && environmentText(card.environment)],
    ['effect', `${card.effect}, ${card.reversibility}`],
    ['rows', card.blast_radius ? String(card.blast_radius.rows ?? 'unknown') : undefined],
    [
      approval.state === 'pending' ? 'ends' : 'would have ended',
      relativeTime(approval.expires_at, nowMs),
    ],
    ['operation SHA-256', approval.operation_digest],
    ['terms SHA-256', approval.terms_digest],
    ['reason', approval.end_reason ?? undefined],
  ]);
  const parts = [
    facts,
    needed(approval),
    answers(approval),
    section('Exactly this is signed', [approval.operation_text]),
  ];
  if (card.plan.length > 0) parts.push(section('What would run', card.plan));
  const said = Object.entries(words).map(([name, text]) => `${name}: ${text}`);
  if (said.length > 0) parts.push(section("The agent's own words, which assert nothing", said));
  return parts.filter((part) => part !== '').join('\n\n');
}

function environmentText({ name, protected: isProtected }: { name: string; protected: boolean }) {
  return isProtected ? `${name} (protected)` : name;
}

function needed({ requirements }: Approval): string {
  const lines = requirements.map(({ rule, count, groups, have, can_be_met: canBeMet }) => {
    const who = groups.length > 0 ? ` of ${groups.join(', ')}` : '';
    return `${have} of ${count}${who} (${rule})${canBeMet ? '' : ': cannot be met by the people there are'}`;
  });
  return section('Persons', lines);
}

function answers({ votes }: Approval): string {
  if (votes.length === 0) return '';
  const lines = votes.map(({ operator, decision, at, reason }) => {
    const who = operator ? `${operator.name} (${operator.id}) ` : '';
    return `${at}  ${who}${decision}${reason === undefined ? '' : `: ${reason}`}`;
  });
  return section('Answers', lines);
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...lines.map((line) => `  ${printable(line)}`)].join('\n');
}
