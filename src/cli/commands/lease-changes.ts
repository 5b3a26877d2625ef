import type { Command } from 'commander';
import { describeChanges } from '../changes-view.ts';
import { addCommand, type CliRun, option } from '../command.ts';
import { asWhoeverWeAre } from '../connect.ts';
import { withProgress } from '../progress.ts';

/** The broker compares for 45 s at most. */
const TIMEOUT_MS = 60_000;

/** `lease changes`: what was done in a sandbox, for a human to read. */
export function addLeaseChanges(group: Command, cli: CliRun): void {
  addCommand<{ tokenFile?: string }>(group, cli, {
    name: 'changes <lease>',
    summary: 'Show what was changed in the sandbox of a lease, against its template',
    examples: ['lease changes lse_01k…', 'lease changes lse_01k… --json'],
    options: [option('--token-file <file>', "ask with the task's access token, - for stdin")],
    async run({ args, options, out, terminal }) {
      const client = await asWhoeverWeAre({ terminal, out }, options.tokenFile);
      const params = { id: args[0] ?? '' };
      const changes = await withProgress(terminal, 'comparing', () =>
        client.call('getLeaseChanges', { params, timeoutMs: TIMEOUT_MS }),
      );
      out.result(changes, () => describeChanges(out, changes));
    },
  });
}
