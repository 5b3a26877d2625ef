import type { Command } from 'commander';
import type { BundleDiff } from '../../contract/schemas/policy.ts';
import { readBundle, readFiles } from '../bundle-directory.ts';
import { addCommand, type CliRun, option } from '../command.ts';
import { asOperator } from '../connect.ts';
import { markdownDiff } from '../diff-markdown.ts';
import { formatDiff } from '../diff-view.ts';
import { withProgress } from '../progress.ts';

/** `policy diff`: before anything is applied, who gains and who loses what. */
export function addPolicyDiff(group: Command, cli: CliRun): void {
  addCommand<{ against?: string; markdown?: boolean }>(group, cli, {
    name: 'diff [directory]',
    summary: 'Show who would gain and lose what, against the active bundle',
    examples: [
      'policy diff',
      'policy diff ./policies --against ../main/policies',
      'policy diff ./policies --against ../main/policies --markdown > comment.md',
    ],
    notes:
      'Against a broker its agents are compared too; --against knows only those that the files declare.',
    options: [
      option('--against <directory>', 'compare with this bundle instead, without a broker'),
      option('--markdown', 'for a pull request'),
    ],
    async run({ args, options, out, terminal }) {
      const diff = await withProgress(terminal, 'comparing', async (): Promise<BundleDiff> => {
        if (options.against === undefined) {
          const { files } = await readFiles(args[0], terminal);
          const client = await asOperator({ terminal, out });
          return client.call('diffBundle', { body: { files } });
        }
        const { diffBundles } = await import('../../policy/diff.ts');
        const before = await readBundle(options.against, terminal);
        return diffBundles(before.bundle, (await readBundle(args[0], terminal)).bundle);
      });
      out.result(diff, () => (options.markdown ? markdownDiff(diff) : formatDiff(out, diff)));
    },
  });
}
