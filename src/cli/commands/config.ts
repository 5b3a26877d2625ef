import type { Command } from 'commander';
import { addCommand, addGroup, type CliRun } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { formatTable } from '../table.ts';

/** `config check` */
export function addConfigCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'config', "The broker's settings");
  addCommand(group, cli, {
    name: 'check',
    summary: 'Show every setting and where it comes from, and what is wrong with it',
    examples: ['config check'],
    async run({ out }) {
      const { checkConfig } = await import('../../main/run-config-check.ts');
      const checked = checkConfig();
      const problems = checked.problems.map((text) => `${out.paint.red('✗')} ${printable(text)}`);
      out.result(checked, () => {
        const table = formatTable(out, checked.settings, [
          { title: 'SETTING', value: ({ name }) => name },
          { title: 'VALUE', value: ({ value }) => value, flexible: true },
          { title: 'FROM', value: ({ source }) => source, tint: (_, text) => out.paint.dim(text) },
        ]);
        const verdict = problems.length
          ? problems
          : [out.paint.green('The configuration is good.')];
        return [table, '', ...verdict].join('\n');
      });
      return problems.length ? EXIT.failed : EXIT.done;
    },
  });
}
