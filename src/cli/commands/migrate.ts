import type { Command } from 'commander';
import { addCommand, type CliRun } from '../command.ts';

/** `migrate`: the only command that changes the schema. */
export function addMigrateCommand(program: Command, cli: CliRun): void {
  addCommand(program, cli, {
    name: 'migrate',
    summary: "Bring the store's schema up to date, as its owner",
    examples: ['migrate'],
    notes: 'Reads COUNTERSIGN_MIGRATE_DATABASE_URL. Several at once are safe.',
    async run() {
      const { runMigrate } = await import('../../main/run-migrate.ts');
      await runMigrate();
    },
  });
}
