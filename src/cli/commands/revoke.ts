import type { Command } from 'commander';
import type { Revocation } from '../../contract/schemas/operate.ts';
import type { Lease } from '../../contract/schemas/tasks.ts';
import type { Client } from '../../sdk/client.ts';
import { agentIdOf } from '../agent-id.ts';
import { addCommand, type CliRun, duration, option, reason } from '../command.ts';
import { asOperator } from '../connect.ts';
import { EXIT, usedWrongly } from '../exit-code.ts';
import { describeEnd } from '../lease-view.ts';
import { fetchList } from '../list.ts';
import type { Output } from '../output.ts';
import { type Report, withProgress } from '../progress.ts';
import { waitUntilDead } from '../wait-until-dead.ts';

const TARGETS = ['agent', 'task', 'grant', 'token', 'lease', 'resource'] as const;
type Target = Partial<Record<(typeof TARGETS)[number], string>> & { all?: true };

interface RevokeOptions extends Target {
  readonly reason: string;
  readonly timeout?: number;
  readonly wait: boolean;
}

const NAMED: Readonly<Record<string, string>> = { agent: 'name or id', resource: 'name' };
const LONGEST_WAIT_SECONDS = 3600;
/** One line each is read up to here; beyond it a count says more. */
const SHOWN = 20;

/** `revoke`: the one action that stops something everywhere. */
export function addRevokeCommand(program: Command, cli: CliRun): void {
  const shown = (target: string) => `--${target} <${NAMED[target] ?? 'id'}>`;
  addCommand<RevokeOptions>(program, cli, {
    name: 'revoke',
    summary: 'End everything below one thing and wait until it is dead',
    examples: [
      'revoke --agent agt_01k… --reason "leaked key"',
      'revoke --all --reason "incident 42"',
    ],
    notes:
      'Revoking an agent, a resource or --all also places a stop that holds until an operator lifts it\n(countersign stop list). Exit code 1 when something is not dead in time.',
    options: [
      ...TARGETS.map((target) => option(shown(target), `this ${target}`)),
      option('--all', 'everything'),
      reason(),
      option('--no-wait', 'return once the broker has accepted it'),
      duration('--timeout <time>', 'how long to wait (1m)', LONGEST_WAIT_SECONDS),
    ],
    async run({ options, out, terminal }) {
      const target = targetOf(options);
      const client = await asOperator({ terminal, out });
      const timeoutMs = options.wait ? (options.timeout ?? 60) * 1000 : 0;
      const ended = await withProgress(terminal, 'revoking', (report) =>
        revoke(client, { ...target, reason: options.reason }, timeoutMs, report),
      );
      out.result({ ...ended.revocation, leases: ended.leases }, () => describe(out, ended));
      if (ended.revocation.stop_id) {
        out.note(
          `Stopped until lifted: countersign stop lift ${ended.revocation.stop_id} --reason …`,
        );
      }
      if (!options.wait || ended.leases.every(({ state }) => state === 'revoked')) return EXIT.done;
      out.note('The broker keeps trying: countersign lease list --overdue');
      return EXIT.failed;
    },
  });
}

function targetOf(options: RevokeOptions): Target {
  const given = TARGETS.filter((target) => options[target] !== undefined);
  if (given.length + (options.all ? 1 : 0) !== 1) {
    throw usedWrongly(`Name exactly one of ${TARGETS.map((one) => `--${one}`).join(', ')}, --all.`);
  }
  const [only] = given;
  return only === undefined ? { all: true } : { [only]: options[only] };
}

interface Ended {
  readonly revocation: Revocation;
  readonly leases: readonly Lease[];
}

async function revoke(
  client: Client,
  body: Target & { reason: string },
  timeoutMs: number,
  report: Report,
): Promise<Ended> {
  const before = timeoutMs > 0 ? await liveLeases(client, body) : [];
  const revocation = await client.call('revoke', { body });
  if (timeoutMs === 0) return { revocation, leases: [] };
  // What was issued between the look and the revocation is ending too, and still listed.
  const after = await liveLeases(client, body);
  const ids = [...new Set([...before, ...after].map(({ id }) => id))];
  return { revocation, leases: await waitUntilDead(client, ids, timeoutMs, report) };
}

/** Leases below the target that have not ended; a token ends alone, its grant's leases live on. */
async function liveLeases(client: Client, target: Target): Promise<Lease[]> {
  if (target.token !== undefined) return [];
  if (target.lease !== undefined) {
    return [await client.call('getLease', { params: { id: target.lease } })];
  }
  const { task, resource, grant } = target;
  const agent = await agentIdOf(client, target.agent);
  const filters = { live: true, agent, task, resource };
  const { items } = await fetchList(client, 'listLeases', { all: true }, filters);
  return grant === undefined ? items : items.filter((lease) => lease.grant_id === grant);
}

function describe(out: Output, { revocation, leases }: Ended): string {
  const { tokens, leases: count } = revocation.ended;
  const shown = leases.slice(0, SHOWN).map((lease) => describeEnd(out, lease));
  const dead = leases.filter(({ state }) => state === 'revoked').length;
  const more = leases.length > SHOWN ? [`${dead} of ${leases.length} leases are dead`] : [];
  return [`Ended ${tokens} token(s) and ${count} lease(s).`, ...shown, ...more].join('\n');
}
