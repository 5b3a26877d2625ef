import type { Command } from 'commander';
import { addCommand, type CliRun } from '../command.ts';

/** `serve`: the broker in production. */
export function addServeCommand(program: Command, cli: CliRun): void {
  addCommand(program, cli, {
    name: 'serve',
    summary: 'Run the broker in production',
    examples: ['serve'],
    notes:
      'It refuses what is missing or weak, and never migrates: run "countersign migrate" first. Settings: countersign config check.',
    async run() {
      const { runServe } = await import('../../main/run-serve.ts');
      await runServe();
    },
  });
}
