import type { Command } from 'commander';
import { addCommand, type CliRun } from '../command.ts';
import { hasColor } from '../terminal.ts';

/** `demo`: the story on real parts; each step asserts. */
export function addDemoCommand(program: Command, cli: CliRun): void {
  addCommand(program, cli, {
    name: 'demo',
    summary: 'Play the whole story on real parts, and check every step of it',
    examples: ['demo'],
    async run({ out, terminal }) {
      const { runDemo } = await import('../../main/demo/run-demo.ts');
      await runDemo({ json: out.json, color: hasColor(terminal, terminal.stdout) });
    },
  });
}
