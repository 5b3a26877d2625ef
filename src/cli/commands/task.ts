import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Task } from '../../contract/schemas/tasks.ts';
import { agentIdOf } from '../agent-id.ts';
import { addCommand, addGroup, type CliRun, duration, option, required } from '../command.ts';
import { asAgent, asOperator, asWhoeverWeAre } from '../connect.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import type { Output } from '../output.ts';
import { relativeTime } from '../relative-time.ts';
import { formatFacts } from '../table.ts';

interface OpenOptions {
  readonly purpose: string;
  readonly ticket?: string;
  readonly agent?: string;
  readonly ttl?: number;
}

const LONGEST_TASK_SECONDS = 28_800;

/** `task open|close|list` */
export function addTaskCommands(program: Command, cli: CliRun): void {
  const group = addGroup(
    program,
    'task',
    'Open and close tasks; everything issued hangs below one',
  );
  addOpen(group, cli);
  addClose(group, cli);
  addList(group, cli);
}

function addOpen(group: Command, cli: CliRun): void {
  addCommand<OpenOptions>(group, cli, {
    name: 'open',
    summary: 'Open a task, for an agent as an operator, or as the agent itself',
    examples: [
      'task open --agent agt_01k… --purpose "Why is order 4711 late?" --ticket OPS-12',
      'task open --purpose "nightly report"        (as the agent of COUNTERSIGN_AGENT_ID)',
    ],
    options: [
      required('--purpose <text>', 'what the work is for'),
      option('--ticket <ticket>', 'its ticket; counts as verified when an operator opens the task'),
      option('--agent <agent>', 'open it for this agent (name or id), as an operator'),
      duration('--ttl <time>', 'until it ends by itself (1h)', LONGEST_TASK_SECONDS),
    ],
    async run({ options, out, terminal }) {
      const { purpose, ticket, agent, ttl } = options;
      const body = { purpose, ticket, agent, ttl };
      const client =
        agent === undefined
          ? await agentClient({ terminal, out })
          : await asOperator({ terminal, out });
      const task = await client.call('openTask', { body, idempotencyKey: randomUUID() });
      out.result(task, () => describe(out, task, terminal.now()));
      out.note(
        `\nThe agent continues it: countersign token mint --task ${task.id} --scope RESOURCE:NAME`,
      );
    },
  });
}

async function agentClient(place: Parameters<typeof asAgent>[0]) {
  const session = await asAgent(place);
  return session.client((await session.mintToken()).access_token);
}

function addClose(group: Command, cli: CliRun): void {
  addCommand<{ reason?: string; tokenFile?: string }>(group, cli, {
    name: 'close <task>',
    summary: 'Close a task and end everything below it',
    examples: ['task close tsk_01k… --reason "report sent"'],
    options: [
      option('--reason <text>', 'why; kept with the record'),
      option('--token-file <file>', "close it with the task's own access token, - for stdin"),
    ],
    async run({ args, options, out, terminal }) {
      const client = await asWhoeverWeAre({ terminal, out }, options.tokenFile);
      const params = { id: args[0] ?? '' };
      const task = await client.call('closeTask', { params, body: { reason: options.reason } });
      out.result(task, () => `${task.id} is ${task.state}; its tokens and leases are ending.`);
      out.note(`See them end: countersign lease list --task ${task.id}`);
    },
  });
}

function addList(group: Command, cli: CliRun): void {
  addCommand<ListOptions & { agent?: string; live?: boolean; tokenFile?: string }>(group, cli, {
    name: 'list',
    summary: 'List tasks; an agent sees its own',
    examples: ['task list --live'],
    options: [
      option('--agent <agent>', 'only of this agent (name or id)'),
      option('--live', 'only open ones'),
      option('--token-file <file>', 'ask with this access token, - for stdin'),
      ...listOptions(),
    ],
    async run({ options, out, terminal }) {
      const client = await asWhoeverWeAre({ terminal, out }, options.tokenFile);
      const filters = { agent: await agentIdOf(client, options.agent), live: options.live };
      const page = await fetchList(client, 'listTasks', options, filters);
      const columns = [
        { title: 'TASK', value: (task: Task) => task.id },
        { title: 'AGENT', value: (task: Task) => task.agent_id },
        { title: 'STATE', value: (task: Task) => task.state, tint: tintState(out) },
        { title: 'ENDS', value: (task: Task) => endOf(task, terminal.now()) },
        { title: 'TICKET', value: (task: Task) => task.ticket, flexible: true },
        { title: 'PURPOSE', value: (task: Task) => task.purpose, flexible: true },
      ];
      printList(out, page, columns, 'No tasks.');
    },
  });
}

function endOf(task: Task, nowMs: number): string {
  return relativeTime(task.ended_at ?? task.expires_at, nowMs);
}

function describe(out: Output, task: Task, nowMs: number): string {
  return formatFacts(out, [
    ['task', task.id],
    ['agent', task.agent_id],
    ['purpose', task.purpose],
    [
      'ticket',
      task.ticket && `${task.ticket} (${task.verified_ticket ? 'verified' : 'as claimed'})`,
    ],
    ['ends', `${task.expires_at} (${relativeTime(task.expires_at, nowMs)})`],
  ]);
}

function tintState(out: Output) {
  return (task: Task, text: string) =>
    task.state === 'open' ? out.paint.green(text) : out.paint.dim(text);
}
