import type { Command } from 'commander';
import type { ClientSecret } from '../contract/schemas/agents.ts';
import { addCommand, type CliRun, option } from './command.ts';
import { asOperator } from './connect.ts';
import { createPrivateFile } from './files.ts';

const CALLS = {
  agent: { set: 'setAgentSecret', remove: 'removeAgentSecret' },
  'resource-server': { set: 'setResourceServerSecret', remove: 'removeResourceServerSecret' },
} as const;

/** `agent secret`, `resource-server secret`: only where the broker has client secrets turned on. */
export function addClientSecretCommand(
  group: Command,
  cli: CliRun,
  kind: keyof typeof CALLS,
  example: string,
): void {
  addCommand<{ out?: string; remove?: boolean }>(group, cli, {
    name: `secret <${kind}>`,
    summary: 'Make a client secret, in place of the one before, or remove it',
    examples: [
      `${kind} secret ${example} --out client.secret`,
      `${kind} secret ${example} --remove`,
    ],
    notes:
      'Shown once. Needs COUNTERSIGN_CLIENT_SECRETS=true at the broker; a key pair is the better choice.',
    options: [
      option(
        '--out <file>',
        'write the secret to this new file (mode 0600) instead of printing it',
      ),
      option('--remove', 'take the secret away, with what it was used for').conflicts('out'),
    ],
    async run({ args, options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const params = { id: args[0] ?? '' };
      if (options.remove) {
        await client.call(CALLS[kind].remove, { params });
        out.result({ removed: true }, () => 'It has no client secret now.');
        return;
      }
      const made: ClientSecret = await client.call(CALLS[kind].set, { params });
      if (options.out === undefined) {
        out.result(made, () => made.client_secret);
        return;
      }
      await createPrivateFile(options.out, `${made.client_secret}\n`);
      const { client_secret: _shown, ...rest } = made;
      const { out: file } = options;
      out.result({ ...rest, file }, () => `The secret of ${made.client_id} is in ${file}.`);
    },
  });
}
