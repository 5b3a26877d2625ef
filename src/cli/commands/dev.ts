import type { Command } from 'commander';
import { addCommand, type CliRun } from '../command.ts';

/** `dev`: what `npm start` runs. */
export function addDevCommand(program: Command, cli: CliRun): void {
  addCommand(program, cli, {
    name: 'dev',
    summary: 'Run everything here on embedded defaults',
    examples: ['dev'],
    notes:
      'It makes what is missing and says so. Ctrl-C stops everything it started; the data stays in\nCOUNTERSIGN_DATA_DIR (./.countersign).',
    async run() {
      const { runDev } = await import('../../main/run-dev.ts');
      await runDev();
    },
  });
}
