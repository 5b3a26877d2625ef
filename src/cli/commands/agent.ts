import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Agent } from '../../contract/schemas/agents.ts';
import {
  addCommand,
  addGroup,
  type CliRun,
  option,
  reason,
  required,
  several,
} from '../command.ts';
import { addClientSecretCommand } from '../client-secret.ts';
import { asOperator } from '../connect.ts';
import { type KeyOptions, prepareKeys } from '../key-source.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import type { Output } from '../output.ts';
import { relativeTime } from '../relative-time.ts';
import { formatFacts } from '../table.ts';

interface CreateOptions extends KeyOptions {
  readonly name: string;
  readonly owner: string;
  readonly team?: string[];
}

/** `agent create|list|suspend|resume|secret` */
export function addAgentCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'agent', 'Register agents, suspend and resume them');
  addCreate(group, cli);
  addList(group, cli);
  addSuspendAndResume(group, cli);
  addClientSecretCommand(group, cli, 'agent', 'agt_01k…');
}

function addCreate(group: Command, cli: CliRun): void {
  addCommand<CreateOptions>(group, cli, {
    name: 'create',
    summary: 'Register an agent with its public key',
    examples: [
      'agent create --name demo-agent --owner dana@example.com --team support --generate-key agent-key.json',
      'agent create --name ci --owner dana@example.com --jwks-uri https://ci.example.com/jwks.json',
    ],
    options: [
      required('--name <name>', 'lower-case name, unique'),
      required('--owner <e-mail>', 'the person who answers for it'),
      several('--team <team>', 'team it belongs to; may be repeated'),
      option('--generate-key <file>', 'make a key pair; the private JWK goes to this new file'),
      option('--jwks <file>', 'public keys (JWK set) from a file, - for stdin'),
      option('--jwks-uri <url>', 'where the agent publishes its public keys'),
    ],
    async run({ options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const keys = await prepareKeys(options, terminal);
      const { name, owner, team = [] } = options;
      const agent = await client
        .call('createAgent', { body: { name, owner, teams: team, ...keys.source } })
        .catch(async (error: unknown) => {
          // Nobody knows the key of an agent that was not registered.
          if (keys.created) await rm(keys.created, { force: true });
          throw error;
        });
      out.result(agent, () => describe(out, agent, terminal.now()));
      if (keys.created) {
        out.note(
          `\nUse it:\n  export COUNTERSIGN_AGENT_ID=${agent.id}\n  export COUNTERSIGN_AGENT_KEY_FILE=${keys.created}`,
        );
      }
    },
  });
}

function addList(group: Command, cli: CliRun): void {
  addCommand<ListOptions>(group, cli, {
    name: 'list',
    summary: 'List agents',
    examples: ['agent list'],
    options: listOptions(),
    async run({ options, out, terminal }) {
      const page = await fetchList(await asOperator({ terminal, out }), 'listAgents', options);
      const columns = [
        { title: 'AGENT', value: (agent: Agent) => agent.id },
        { title: 'NAME', value: (agent: Agent) => agent.name, flexible: true },
        { title: 'STATE', value: (agent: Agent) => agent.state, tint: tintState(out) },
        { title: 'OWNER', value: (agent: Agent) => agent.owner, flexible: true },
        { title: 'TEAMS', value: (agent: Agent) => agent.teams.join(', '), flexible: true },
        { title: 'KEYS', value: (agent: Agent) => describeKeys(agent), flexible: true },
      ];
      printList(out, page, columns, 'No agents. Register one: countersign agent create --help');
    },
  });
}

function addSuspendAndResume(group: Command, cli: CliRun): void {
  addCommand<{ reason: string }>(group, cli, {
    name: 'suspend <agent>',
    summary: 'Stop an agent and end everything it holds',
    examples: ['agent suspend agt_01k… --reason "odd queries at night"'],
    options: [reason()],
    async run({ args, options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const params = { id: args[0] ?? '' };
      const agent = await client.call('suspendAgent', { params, body: { reason: options.reason } });
      out.result(agent, () => `${agent.name} is suspended; its tokens and leases are ending.`);
      out.note(`See them end: countersign lease list --agent ${agent.id}`);
    },
  });
  addCommand<{ reason: string }>(group, cli, {
    name: 'resume <agent>',
    summary: "Resume an agent and lift the agent's stop",
    examples: ['agent resume agt_01k… --reason "explained, rule narrowed"'],
    options: [reason()],
    async run({ args, options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const params = { id: args[0] ?? '' };
      const agent = await client.call('resumeAgent', { params, body: { reason: options.reason } });
      out.result(agent, () => `${agent.name} may ask again.`);
    },
  });
}

function describe(out: Output, agent: Agent, nowMs: number): string {
  return formatFacts(out, [
    ['agent', agent.id],
    ['name', agent.name],
    ['owner', agent.owner],
    ['teams', agent.teams.join(', ') || 'none'],
    ['keys', describeKeys(agent)],
    ['created', relativeTime(agent.created_at, nowMs)],
  ]);
}

function describeKeys(agent: Agent): string {
  if (agent.jwks_uri) return agent.jwks_uri;
  return agent.keys.map(({ alg, kid }) => `${alg} ${kid.slice(0, 8)}`).join(', ') || 'none';
}

function tintState(out: Output) {
  return (agent: Agent, text: string) =>
    agent.state === 'active' ? out.paint.green(text) : out.paint.yellow(text);
}
