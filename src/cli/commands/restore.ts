import type { Command } from 'commander';
import { addCommand, addGroup, type CliRun, reason } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { withProgress } from '../progress.ts';
import { describeRestore } from '../restore-view.ts';

/** `restore show|accept` */
export function addRestoreCommands(program: Command, cli: CliRun): void {
  const group = addGroup(
    program,
    'restore',
    'What a restored store brought back, and serving again',
  );
  addCommand(group, cli, {
    name: 'show',
    summary: 'Compare the store with its witness and the resources with the leases',
    examples: ['restore show', 'restore show --json | jq .revived'],
    notes:
      "Runs on the broker's host and changes nothing. Exit code 1 when the store was restored.",
    async run({ out, terminal }) {
      const { showRestoreHere } = await import('../../main/restore.ts');
      const report = await withProgress(terminal, 'comparing', () => showRestoreHere());
      out.result(report, () => describeRestore(out, report));
      return report.verdict === undefined ? EXIT.done : EXIT.failed;
    },
  });
  addCommand<{ reason: string }>(group, cli, {
    name: 'accept',
    summary: 'End everything that was alive in a restored store, and serve from it again',
    examples: ['restore accept --reason "restored from the backup of 03:00, see OPS-12"'],
    notes:
      "Runs on the broker's host. Look at `restore show` first, and set right what came back: this\n" +
      'ends tasks, tokens and leases of before, and the logins of the time that was lost; it changes\n' +
      'no agent, policy or secret.',
    options: [reason()],
    async run({ options, out, terminal }) {
      const { acceptRestoreHere } = await import('../../main/restore.ts');
      const accepted = await withProgress(terminal, 'ending what was alive', () =>
        acceptRestoreHere(options.reason),
      );
      const { tokens, leases, unknown, unreachable } = accepted;
      out.result(
        accepted,
        () =>
          `Accepted. Ended: ${tokens} token(s), ${leases} lease(s), and ${unknown} login(s) that no lease here knows.`,
      );
      for (const name of unreachable) {
        out.note(
          `${name} could not be compared: unknown logins there stay until the reconciler finds them.`,
        );
      }
    },
  });
}
