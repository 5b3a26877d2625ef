import type { Command } from 'commander';
import type { CallResult } from '../../sdk/call-types.ts';
import type { Client } from '../../sdk/client.ts';
import { readFiles } from '../bundle-directory.ts';
import { addCommand, type CliRun, count, option } from '../command.ts';
import { asOperator } from '../connect.ts';
import { formatDiff } from '../diff-view.ts';
import { usedWrongly } from '../exit-code.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { withProgress } from '../progress.ts';
import { isAwaiting, tellAwaiting } from '../widening.ts';
import type { Terminal } from '../terminal.ts';

interface ApplyOptions {
  readonly note?: string;
  readonly activate: boolean;
  readonly stored?: number;
}

/** `policy apply`: store the files as a version, show what it changes, make it the active one. */
export function addPolicyApply(group: Command, cli: CliRun): void {
  addCommand<ApplyOptions>(group, cli, {
    name: 'apply [directory]',
    summary: 'Store the bundle as a new version and make it the active one',
    examples: [
      'policy apply --note "support may read staging"',
      'policy apply --no-activate',
      'policy apply --stored 7        (go back to version 7)',
    ],
    notes:
      "A bundle with any problem is refused whole, and the active one stays. Live grants are decided again. What widens a protected environment waits for an admin's approval (exit code 4).",
    options: [
      option('--note <text>', 'kept with the version'),
      option('--no-activate', 'store it only'),
      count('--stored <version>', 'activate this stored version instead', 1, 999_999_999),
    ],
    async run({ args, options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      if (options.stored !== undefined) {
        if (args[0] !== undefined) throw usedWrongly('--stored activates a version; no directory.');
        const done = await activate(client, terminal, options.stored);
        if (isAwaiting(done)) return tellAwaiting(out, done);
        const { version, previous } = done;
        out.result({ version, previous }, () => `${version} is active (before: ${previous}).`);
        return;
      }
      const { directory, files } = await readFiles(args[0], terminal);
      const body = { files, note: options.note ?? '' };
      const stored = await withProgress(terminal, 'checking', () =>
        client.call('storeBundle', { body }),
      );
      const done = options.activate ? await activate(client, terminal, stored.version) : undefined;
      if (done && isAwaiting(done)) {
        const waiting = { ...stored, active: false, ...done };
        out.note(describe(out, stored, directory, false));
        return tellAwaiting(out, waiting);
      }
      const active = done !== undefined;
      out.result({ ...stored, active }, () => describe(out, stored, directory, active));
      if (!active) out.note(`Activate it: countersign policy apply --stored ${stored.version}`);
      return;
    },
  });
}

function activate(client: Client, terminal: Terminal, version: number) {
  const params = { version: String(version) };
  return withProgress(terminal, 'activating', () => client.call('activateBundle', { params }));
}

function describe(
  out: Output,
  { version, tests, warnings, diff }: CallResult<'storeBundle'>,
  directory: string,
  active: boolean,
): string {
  const state = out.paint.green(active ? 'active' : 'stored');
  return [
    ...warnings.map((text) => `${out.paint.yellow('warning')}  ${printable(text)}`),
    formatDiff(out, diff),
    '',
    `${state}  version ${version} from ${directory}, ${tests.passed} tests passed`,
  ].join('\n');
}
