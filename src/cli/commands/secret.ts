import type { Command } from 'commander';
import type { SecretInfo } from '../../contract/schemas/operate.ts';
import { addCommand, addGroup, type CliRun, option } from '../command.ts';
import { asOperator } from '../connect.ts';
import { usedWrongly } from '../exit-code.ts';
import { readStdin, readText } from '../files.ts';
import { promptHidden } from '../hidden-prompt.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import { relativeTime } from '../relative-time.ts';
import type { Terminal } from '../terminal.ts';

/** `secret set|list|delete` */
export function addSecretCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'secret', 'Root material the broker keeps sealed');
  addSet(group, cli);
  addCommand<ListOptions>(group, cli, {
    name: 'list',
    summary: 'List names and generations; values are never shown',
    examples: ['secret list'],
    options: listOptions(),
    async run({ options, out, terminal }) {
      const page = await fetchList(await asOperator({ terminal, out }), 'listSecrets', options);
      const columns = [
        { title: 'SECRET', value: (secret: SecretInfo) => secret.name, flexible: true },
        { title: 'GENERATION', value: (secret: SecretInfo) => secret.generation },
        {
          title: 'SET',
          value: (secret: SecretInfo) => relativeTime(secret.created_at, terminal.now()),
        },
      ];
      printList(out, page, columns, 'No secrets. Set one: countersign secret set --help');
    },
  });
  addCommand(group, cli, {
    name: 'delete <name>',
    summary: 'Delete a secret; what needs it can no longer issue or revoke',
    examples: ['secret delete old-db/admin-url'],
    async run({ args, out, terminal }) {
      const name = args[0] ?? '';
      await (await asOperator({ terminal, out })).call('deleteSecret', { params: { name } });
      out.result({ name, deleted: true }, () => `${name} is deleted.`);
    },
  });
}

function addSet(group: Command, cli: CliRun): void {
  addCommand<{ fromFile?: string }>(group, cli, {
    name: 'set <name>',
    summary: 'Set a secret: a new generation, from stdin, a file or a hidden prompt',
    examples: [
      'secret set orders-db/admin-url',
      'secret set orders-db/admin-url --from-file admin-url.txt',
    ],
    notes:
      'The value is never an argument: arguments show in the process list. One line end is cut.',
    options: [option('--from-file <file>', 'read the value from this file')],
    async run({ args, options, out, terminal }) {
      const name = args[0] ?? '';
      const client = await asOperator({ terminal, out });
      const value = await readValue(name, options.fromFile, terminal);
      await client.call('setSecret', { params: { name }, body: { value } });
      out.result({ name, set: true }, () => `${name} is set.`);
    },
  });
}

async function readValue(name: string, file: string | undefined, terminal: Terminal) {
  const text = file
    ? await readText(file, 'a secret', terminal)
    : terminal.stdin.isTTY
      ? await promptHidden(terminal, `Value of ${name} (not shown): `)
      : await readStdin(terminal);
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw usedWrongly('The value is empty.');
  return value;
}
