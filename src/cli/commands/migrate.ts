import type { Command } from 'commander';
import { addCommand, type CliRun } from '../command.ts';
import { withProgress } from '../progress.ts';

/** `migrate`: the only command that changes the schema. */
export function addMigrateCommand(program: Command, cli: CliRun): void {
  addCommand(program, cli, {
    name: 'migrate',
    summary: "Bring the store's schema up to date, as its owner",
    examples: ['migrate'],
    notes: 'Reads COUNTERSIGN_MIGRATE_DATABASE_URL. Several at once are safe.',
    async run({ out, terminal }) {
      const { runMigrate } = await import('../../main/run-migrate.ts');
      const result = await withProgress(terminal, 'migrating', () => runMigrate());
      const { current, applied } = result;
      const done = applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`;
      out.result(result, () => `The store is at ${current}: ${done}.`);
    },
  });
}
