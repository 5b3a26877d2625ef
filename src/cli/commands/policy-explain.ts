import type { Command } from 'commander';
import type { Terms } from '../../domain/decision.ts';
import { formatDuration } from '../../domain/duration.ts';
import type { CallResult } from '../../sdk/call-types.ts';
import { addCommand, type CliRun, option, required } from '../command.ts';
import { asOperator } from '../connect.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

/** What the broker says of one rule near the request. */
interface Considered {
  readonly rule: string;
  readonly effect: string;
  readonly file: string;
  readonly line: number;
  readonly matched: boolean;
  readonly unmet: readonly string[];
}

interface ExplainOptions {
  readonly agent: string;
  readonly scope: string;
  readonly verifiedTicket?: string;
  readonly ticket?: string;
  readonly purpose?: string;
}

/** `policy explain`: why would this agent get, or not get, this scope. */
export function addPolicyExplain(group: Command, cli: CliRun): void {
  addCommand<ExplainOptions>(group, cli, {
    name: 'explain',
    summary: 'Why would this agent get, or not get, this scope',
    examples: [
      'policy explain --agent demo-agent --scope orders-db:read',
      'policy explain --agent agt_01k… --scope orders-db:read --verified-ticket OPS-12',
    ],
    options: [
      required('--agent <agent>', 'name or id'),
      required('--scope <scope>', 'resource:name'),
      option('--verified-ticket <ticket>', 'assume a task with this verified ticket'),
      option('--ticket <ticket>', 'assume that the agent claims this ticket'),
      option('--purpose <text>', 'assume that the agent claims this purpose'),
    ],
    async run({ options, out, terminal }) {
      const { agent, scope, verifiedTicket: verified_ticket, ticket, purpose } = options;
      const body = { agent, scope, context: { verified_ticket, ticket, purpose } };
      const client = await asOperator({ terminal, out });
      const explanation = await client.call('explainPolicy', { body });
      out.result(explanation, () => describe(out, agent, explanation));
    },
  });
}

function describe(out: Output, agent: string, explanation: CallResult<'explainPolicy'>): string {
  const { decision, scope, rules, terms, errors, hint } = explanation;
  const tint = { allow: out.paint.green, deny: out.paint.red, require_approval: out.paint.yellow };
  const by = rules.length ? ` by ${rules.join(', ')}` : '';
  const lines = [`${tint[decision](decision)}  ${printable(`${agent} → ${scope}${by}`)}`];
  if (terms) lines.push(`terms  ${printable(termsOf(terms))}`);
  for (const error of errors) lines.push(`${out.paint.red('error')}  ${printable(error)}`);
  for (const considered of explanation.considered) lines.push(...ruleLines(out, considered));
  const { alternatives = [], how } = hint ?? {};
  if (alternatives.length) lines.push(`It may ask for ${printable(alternatives.join(', '))}.`);
  if (how) lines.push(printable(how));
  return lines.join('\n');
}

/** `15m, 2 persons of dba, 1 lease`, from a decision's terms. */
function termsOf(terms: Partial<Terms>): string {
  const { ttlSeconds, approvals = [], leases, notes = [] } = terms;
  return [
    ...(ttlSeconds === undefined ? [] : [formatDuration(ttlSeconds)]),
    ...approvals.map(
      ({ count, groups }) => `${count} person(s) of ${groups.join(' or ') || 'any group'}`,
    ),
    ...(leases === undefined ? [] : [`${leases} lease(s)`]),
    ...notes,
  ].join(', ');
}

function ruleLines(out: Output, considered: Partial<Considered>): string[] {
  const { rule = '?', effect = '', file, line, matched, unmet = [] } = considered;
  const mark = matched ? out.paint.green('fits   ') : out.paint.dim('differs');
  const place = file === undefined ? '' : `  ${out.paint.dim(printable(`${file}:${line}`))}`;
  return [
    `  ${mark}  ${effect.padEnd(6)}  ${printable(rule)}${place}`,
    ...unmet.map((text) => `                   ${printable(text)}`),
  ];
}
