import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ResourceServer } from '../../contract/schemas/agents.ts';
import { addCommand, addGroup, type CliRun, option, required } from '../command.ts';
import { addClientSecretCommand } from '../client-secret.ts';
import { asOperator } from '../connect.ts';
import { type KeyOptions, prepareKeys } from '../key-source.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import { relativeTime } from '../relative-time.ts';
import { formatFacts } from '../table.ts';

interface CreateOptions extends KeyOptions {
  readonly name: string;
  readonly audience: string;
}

/** `resource-server create|list|secret` */
export function addResourceServerCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'resource-server', 'Services that accept and check our tokens');
  addCreate(group, cli);
  addCommand<ListOptions>(group, cli, {
    name: 'list',
    summary: 'List resource servers',
    examples: ['resource-server list'],
    options: listOptions(),
    async run({ options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const page = await fetchList(client, 'listResourceServers', options);
      const columns = [
        { title: 'RESOURCE SERVER', value: (server: ResourceServer) => server.id },
        { title: 'NAME', value: (server: ResourceServer) => server.name, flexible: true },
        { title: 'AUDIENCE', value: (server: ResourceServer) => server.audience, flexible: true },
        {
          title: 'CREATED',
          value: (server: ResourceServer) => relativeTime(server.created_at, terminal.now()),
        },
      ];
      printList(out, page, columns, 'No resource servers.');
    },
  });
  addClientSecretCommand(group, cli, 'resource-server', 'rs_01k…');
}

function addCreate(group: Command, cli: CliRun): void {
  addCommand<CreateOptions>(group, cli, {
    name: 'create',
    summary: 'Register a service that may introspect tokens for its audience',
    examples: [
      'resource-server create --name billing --audience https://billing.example.com --generate-key rs-key.json',
    ],
    options: [
      required('--name <name>', 'lower-case name, unique'),
      required('--audience <url>', 'the aud of tokens meant for it'),
      option('--generate-key <file>', 'make a key pair; the private JWK goes to this new file'),
      option('--jwks <file>', 'public keys (JWK set) from a file, - for stdin'),
      option('--jwks-uri <url>', 'where it publishes its public keys'),
    ],
    async run({ options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const keys = await prepareKeys(options, terminal);
      const { name, audience } = options;
      const server = await client
        .call('createResourceServer', { body: { name, audience, ...keys.source } })
        .catch(async (error: unknown) => {
          if (keys.created) await rm(keys.created, { force: true });
          throw error;
        });
      out.result(server, () =>
        formatFacts(out, [
          ['resource server', server.id],
          ['name', server.name],
          ['audience', server.audience],
          ['private key', keys.created],
        ]),
      );
    },
  });
}
