import type { Command } from 'commander';
import type { Approval } from '../../contract/schemas/approvals.ts';
import { approvalText } from '../approval-view.ts';
import { addCommand, addGroup, type CliRun, option } from '../command.ts';
import { asWhoeverWeAre } from '../connect.ts';
import { EXIT } from '../exit-code.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import { relativeTime } from '../relative-time.ts';

/** `approval list|show|open`. Nothing here answers: an approval is the signature of a passkey. */
export function addApprovalCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'approval', 'What people are asked to approve');
  addList(group, cli);
  addCommand<{ tokenFile?: string }>(group, cli, {
    name: 'show <approval>',
    summary: 'Show one: what exactly, on which terms, who has answered',
    examples: ['approval show apr_01k…'],
    options: [option('--token-file <file>', 'read it with this access token')],
    async run({ args, options, out, terminal }) {
      const client = await asWhoeverWeAre({ terminal, out }, options.tokenFile);
      const approval = await client.call('getApproval', { params: { id: args[0] ?? '' } });
      out.result(approval, () => approvalText(out, approval, terminal.now()));
      return approval.state === 'pending' ? EXIT.approvalPending : EXIT.done;
    },
  });
  addCommand(group, cli, {
    name: 'open <approval>',
    summary: 'Print where people answer it; sign in there and use a passkey',
    examples: ['approval open apr_01k…', 'xdg-open "$(countersign approval open apr_01k…)"'],
    async run({ args, out, terminal }) {
      const client = await asWhoeverWeAre({ terminal, out });
      const params = { id: args[0] ?? '' };
      const { id, state, approval_uri: uri } = await client.call('getApproval', { params });
      out.result({ id, state, approval_uri: uri }, () => uri);
    },
  });
}

interface ListFilter extends ListOptions {
  readonly state?: string;
  readonly agent?: string;
  readonly task?: string;
}

function addList(group: Command, cli: CliRun): void {
  addCommand<ListFilter>(group, cli, {
    name: 'list',
    summary: 'List approvals, newest first',
    examples: ['approval list --state pending', 'approval list --task tsk_01k… --json'],
    options: [
      option(
        '--state <state>',
        'pending, approved, denied, expired, withdrawn, superseded or used',
      ),
      option('--agent <agent>', 'of this agent'),
      option('--task <task>', 'of this task'),
      ...listOptions(),
    ],
    async run({ options, out, terminal }) {
      const { state, agent, task, ...page } = options;
      const client = await asWhoeverWeAre({ terminal, out });
      const list = await fetchList(client, 'listApprovals', page, { state, agent, task });
      const columns = [
        { title: 'APPROVAL', value: (row: Approval) => row.id },
        { title: 'STATE', value: (row: Approval) => row.state },
        { title: 'AGENT', value: (row: Approval) => row.card.agent?.name ?? row.card.author?.name },
        { title: 'SCOPE', value: (row: Approval) => row.card.scope ?? row.kind, flexible: true },
        { title: 'EFFECT', value: (row: Approval) => row.card.effect },
        { title: 'PERSONS', value: persons },
        { title: 'ENDS', value: (row: Approval) => relativeTime(row.expires_at, terminal.now()) },
      ];
      printList(out, list, columns, 'Nobody was asked for anything.');
    },
  });
}

const persons = ({ requirements }: Approval) =>
  requirements.map(({ have, count }) => `${have}/${count}`).join(' ');
