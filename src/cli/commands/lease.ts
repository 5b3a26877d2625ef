import type { Command } from 'commander';
import { agentIdOf } from '../agent-id.ts';
import { addCommand, addGroup, type CliRun, duration, option, required } from '../command.ts';
import { asAgent, asOperator, asWhoeverWeAre, withToken } from '../connect.ts';
import { EXIT, usedWrongly } from '../exit-code.ts';
import { describeEnd, leaseColumns, overdueColumns } from '../lease-view.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import { mintOptions } from '../mint.ts';
import { withProgress } from '../progress.ts';
import { relativeTime } from '../relative-time.ts';
import { waitUntilDead } from '../wait-until-dead.ts';
import { addLeaseChanges } from './lease-changes.ts';
import { addLeaseIssue } from './lease-issue.ts';

/** `lease issue|list|renew|revoke|abandon|changes` */
export function addLeaseCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'lease', 'Issue, renew and revoke short-lived credentials');
  addLeaseIssue(group, cli);
  addList(group, cli);
  addRenew(group, cli);
  addRevoke(group, cli);
  addAbandon(group, cli);
  addLeaseChanges(group, cli);
}

interface Filters extends ListOptions {
  readonly agent?: string;
  readonly task?: string;
  readonly resource?: string;
  readonly live?: boolean;
  readonly overdue?: boolean;
  readonly tokenFile?: string;
}

function addList(group: Command, cli: CliRun): void {
  addCommand<Filters>(group, cli, {
    name: 'list',
    summary: 'List leases; an agent sees its own',
    examples: ['lease list --live', 'lease list --overdue'],
    options: [
      option('--agent <agent>', 'only of this agent (name or id)'),
      option('--task <task>', 'only of this task'),
      option('--resource <resource>', 'only of this resource'),
      option('--live', 'only what has not ended'),
      option('--overdue', 'only what should be gone and is not yet'),
      option('--token-file <file>', 'ask with this access token, - for stdin'),
      ...listOptions(),
    ],
    async run({ options, out, terminal }) {
      const client = await asWhoeverWeAre({ terminal, out }, options.tokenFile);
      const { task, resource, live, overdue } = options;
      const agent = await agentIdOf(client, options.agent);
      const filters = { agent, task, resource, live, overdue };
      const page = await fetchList(client, 'listLeases', options, filters);
      const columns = overdue ? overdueColumns : leaseColumns;
      const none = overdue ? 'No lease is overdue.' : 'No leases.';
      printList(out, page, columns(out, terminal.now()), none);
    },
  });
}

function addRenew(group: Command, cli: CliRun): void {
  addCommand<{ tokenFile?: string; task?: string; scope?: string }>(group, cli, {
    name: 'renew <lease>',
    summary: 'Decide again and move the end of a lease, within its grant',
    examples: ['lease renew lse_01k… --token-file task.token'],
    options: [
      option('--token-file <file>', "the task's access token, - for stdin"),
      option('--task <task>', 'mint a token for this task instead, with --scope'),
      option('--scope <scope>', "the lease's scope, with --task"),
    ],
    async run({ args, options, out, terminal }) {
      const client = await clientFor(options);
      const lease = await client.call('renewLease', { params: { id: args[0] ?? '' } });
      out.result(lease, () => {
        const left = relativeTime(lease.expires_at, terminal.now());
        return `${lease.id} now ends ${left} (${lease.expires_at}).`;
      });

      async function clientFor({ tokenFile, task, scope }: typeof options) {
        if (tokenFile !== undefined) return withToken({ terminal, out }, tokenFile);
        if (!task || !scope) throw usedWrongly('Give --token-file, or --task and --scope.');
        const session = await asAgent({ terminal, out });
        const minted = await session.mintToken(mintOptions({ task }, [scope]));
        return session.client(minted.access_token);
      }
    },
  });
}

const LONGEST_WAIT_SECONDS = 3600;

function addRevoke(group: Command, cli: CliRun): void {
  addCommand<{ tokenFile?: string; timeout?: number }>(group, cli, {
    name: 'revoke <lease>',
    summary: 'End a credential and wait until its last session is dead',
    examples: ['lease revoke lse_01k…'],
    options: [
      option('--token-file <file>', "revoke with the task's access token, - for stdin"),
      duration('--timeout <time>', 'how long to wait (1m)', LONGEST_WAIT_SECONDS),
    ],
    async run({ args, options, out, terminal }) {
      const client = await asWhoeverWeAre({ terminal, out }, options.tokenFile);
      const params = { id: args[0] ?? '' };
      const timeoutMs = (options.timeout ?? 60) * 1000;
      const lease = await withProgress(terminal, 'revoking', async (report) => {
        const first = await client.call('revokeLease', { params, timeoutMs });
        if (first.state === 'revoked') return first;
        return (await waitUntilDead(client, [first.id], timeoutMs, report))[0] ?? first;
      });
      out.result(lease, () => describeEnd(out, lease));
      if (lease.state === 'revoked') return EXIT.done;
      out.note('The broker keeps trying: countersign lease list --overdue');
      return EXIT.failed;
    },
  });
}

function addAbandon(group: Command, cli: CliRun): void {
  addCommand<{ evidence: string }>(group, cli, {
    name: 'abandon <lease>',
    summary: 'Give up an overdue lease on evidence that its credential is dead',
    notes: 'It stays on record as abandoned, with the evidence in the audit. Admins only.',
    examples: ['lease abandon lse_01k… --evidence "server decommissioned, OPS-12"'],
    options: [required('--evidence <text>', 'what shows that the credential is dead')],
    async run({ args, options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const params = { id: args[0] ?? '' };
      const body = { evidence: options.evidence };
      const lease = await client.call('abandonLease', { params, body });
      out.result(lease, () => `${lease.id} is abandoned: nobody proved its end, you vouch for it.`);
    },
  });
}
