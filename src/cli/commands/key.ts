import type { Command } from 'commander';
import { addCommand, addGroup, type CliRun, option } from '../command.ts';
import { withProgress } from '../progress.ts';
import { relativeTime } from '../relative-time.ts';

/** `key rotate` */
export function addKeyCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'key', 'The keys that sign access tokens');
  addCommand<{ emergency?: boolean }>(group, cli, {
    name: 'rotate',
    summary: "Replace the signing key, on the broker's host only",
    examples: ['key rotate', 'key rotate --emergency'],
    notes:
      "Without --emergency the new key is published now and signs in six minutes; the old one stays until its\nlast token has expired. With it every other key is gone at once, and tokens under them are refused.\nNeeds the store's own credentials and the master key. It is audited.",
    options: [option('--emergency', 'the old key is in wrong hands: remove it now')],
    async run({ options, out, terminal }) {
      const { runKeyRotate } = await import('../../main/run-key-rotate.ts');
      const rotated = await withProgress(terminal, 'rotating the signing key', () =>
        runKeyRotate({ emergency: options.emergency ?? false }),
      );
      const { kid, alg, signs_from: from, removed } = rotated;
      out.result(rotated, () =>
        options.emergency
          ? `${kid} (${alg}) signs now; removed: ${removed.join(', ') || 'none'}.`
          : `${kid} (${alg}) is published; it signs ${relativeTime(from, terminal.now())}.`,
      );
    },
  });
}

/** `master-key rotate` */
export function addMasterKeyCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'master-key', 'The key that everything sealed hangs on');
  addCommand(group, cli, {
    name: 'rotate',
    summary: "Move everything sealed to the new master key, on the broker's host only",
    examples: ['master-key rotate'],
    notes:
      'First give every broker both keys: the new one as COUNTERSIGN_MASTER_KEY_FILE, the old one as\nCOUNTERSIGN_MASTER_KEY_PREVIOUS_FILE. It may be interrupted anywhere and run again.',
    async run({ out, terminal }) {
      const { runMasterKeyRotate } = await import('../../main/run-master-key-rotate.ts');
      const rotated = await withProgress(terminal, 'wrapping anew', () => runMasterKeyRotate());
      out.result(
        rotated,
        () =>
          `Sealed under master key ${rotated.key_id}: ${rotated.rewrapped} values wrapped anew.`,
      );
      out.note('The old key opens nothing any more: take it away from every broker.');
    },
  });
}
