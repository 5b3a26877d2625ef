import type { Command } from 'commander';
import { ROLES, type Role } from '../../contract/route.ts';
import type { Operator } from '../../contract/schemas/people.ts';
import { addCommand, addGroup, type CliRun, duration, option, required } from '../command.ts';
import { asOperator } from '../connect.ts';
import { replacePrivateFile } from '../files.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import { relativeTime } from '../relative-time.ts';

const LONGEST_SECONDS = 3600;

/** `operator token|invite|list` */
export function addOperatorCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'operator', 'How people and scripts come in');
  addToken(group, cli);
  addInvite(group, cli);
  addList(group, cli);
}

interface TokenOptions {
  readonly role: Role;
  readonly ttl?: number;
  readonly out?: string;
  readonly breakGlass?: string;
}

function addToken(group: Command, cli: CliRun): void {
  addCommand<TokenOptions>(group, cli, {
    name: 'token',
    summary: "Issue a short-lived operator token, on the broker's host only",
    examples: [
      'operator token --role admin --ttl 15m --out op.token\n  $ export COUNTERSIGN_OPERATOR_TOKEN_FILE=op.token',
      'operator token --role auditor > op.token',
      'operator token --role admin --break-glass "the only admin lost her phone" --out op.token',
    ],
    notes:
      "Needs the store's own credentials (the data directory or DATABASE_URL). It is audited. Once an operator has a\npasskey it needs --break-glass and why, which every admin sees; such a token answers no approval.",
    options: [
      option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory(),
      duration('--ttl <time>', 'how long it lives (15m)', LONGEST_SECONDS),
      option('--out <file>', 'write the token to this file (mode 0600) instead of printing it'),
      option('--break-glass <reason>', 'why it is needed although somebody could sign in'),
    ],
    async run({ options, out, terminal }) {
      const { issueOperatorToken } = await import('../../main/operator-token.ts');
      const { role, breakGlass } = options;
      const request = { role, ttlSeconds: options.ttl ?? 900, breakGlass };
      const { break_glass, ...issued } = await issueOperatorToken(request);
      const left = relativeTime(issued.expires_at, terminal.now());
      if (break_glass) out.note('Glass broken: every admin sees it, with the reason.');
      if (options.out === undefined) {
        out.result({ ...issued, role }, () => issued.token);
        out.note(`${role} token; it ends ${left}`);
        return;
      }
      await replacePrivateFile(options.out, `${issued.token}\n`);
      const shown = { role, expires_at: issued.expires_at, file: options.out };
      out.result(shown, () => `The ${role} token is in ${options.out}; it ends ${left}.`);
      out.note(`Use it: export COUNTERSIGN_OPERATOR_TOKEN_FILE=${options.out}`);
    },
  });
}

function addInvite(group: Command, cli: CliRun): void {
  addCommand<{ role: Role; email: string; name: string }>(group, cli, {
    name: 'invite',
    summary: 'Invite a person to the console; prints a link that works once',
    examples: ['operator invite --role approver --email erin@example.com --name "Erin Ode"'],
    notes:
      'Hand the link over yourself, to that person only: whoever opens it becomes that operator.',
    options: [
      option('--role <role>', 'what they may do').choices(ROLES).makeOptionMandatory(),
      required('--email <e-mail>', 'who it is; approver groups list people by it'),
      required('--name <name>', 'as others will see them'),
    ],
    async run({ options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const { role, email, name } = options;
      const invited = await client.call('inviteOperator', { body: { role, email, name } });
      const { url, expires_at } = invited.invitation;
      out.result(invited, () => url);
      out.note(`For ${email}, once; it ends ${relativeTime(expires_at, terminal.now())}.`);
    },
  });
}

function addList(group: Command, cli: CliRun): void {
  addCommand<ListOptions & { removed?: boolean }>(group, cli, {
    name: 'list',
    summary: 'List operators',
    examples: ['operator list', 'operator list --removed --json'],
    options: [...listOptions(), option('--removed', 'those who were removed, too')],
    async run({ options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const filters = options.removed ? { removed: 'true' } : {};
      const page = await fetchList(client, 'listOperators', options, filters);
      const columns = [
        { title: 'OPERATOR', value: (one: Operator) => one.id },
        { title: 'NAME', value: (one: Operator) => one.name, flexible: true },
        { title: 'E-MAIL', value: (one: Operator) => one.email, flexible: true },
        { title: 'ROLE', value: (one: Operator) => one.role },
        { title: 'STATE', value: (one: Operator) => one.state },
        { title: 'GROUPS', value: (one: Operator) => one.groups.join(', '), flexible: true },
        { title: 'PASSKEYS', value: (one: Operator) => String(one.passkeys) },
      ];
      printList(out, page, columns, 'No operators. The set-up link of npm start makes the first.');
    },
  });
}
