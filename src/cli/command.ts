import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatDuration, parseDuration } from '../domain/duration.ts';
import type { ExitCode } from './exit-code.ts';
import { createOutput, type Output } from './output.ts';
import type { Terminal } from './terminal.ts';

/** One run of the command line: what it may touch, and the exit code a command settled on. */
export interface CliRun {
  readonly terminal: Terminal;
  exitCode: ExitCode;
  /** Output of the command that ran, for whoever reports its failure. */
  out: Output;
}

/** What a command gets when it is called. */
export interface Invocation<Options> {
  readonly options: Options;
  readonly args: readonly (string | undefined)[];
  readonly out: Output;
  readonly terminal: Terminal;
}

export interface CommandSpec<Options> {
  /** Name and arguments, e.g. `lift <stop>`. */
  readonly name: string;
  readonly summary: string;
  /** Shown below `--help`, without the leading `countersign`. */
  readonly examples: readonly [string, ...string[]];
  readonly options?: readonly Option[];
  /** More to know, shown before the examples. */
  readonly notes?: string;
  /** Resolves to an exit code other than 0 where the answer is a bad one; throws when it failed. */
  run(invocation: Invocation<Options>): Promise<ExitCode | undefined> | Promise<void>;
}

/** Adds one command: `--json`, an example in its help, and its exit code, like every other. */
export function addCommand<Options>(
  parent: Command,
  cli: CliRun,
  spec: CommandSpec<Options>,
): Command {
  const command = parent.command(spec.name).description(spec.summary);
  for (const option of spec.options ?? []) command.addOption(option);
  command.option('--json', 'print JSON');
  const examples = spec.examples.map((example) => `  $ countersign ${example}`).join('\n');
  const notes = spec.notes ? `\n${spec.notes}\n` : '';
  const title = spec.examples.length > 1 ? 'Examples' : 'Example';
  command.addHelpText('after', `${notes}\n${title}:\n${examples}`);
  return command.action(async () => {
    const options = command.opts<Options & { json?: boolean }>();
    cli.out = createOutput(cli.terminal, options.json ?? false);
    const args = command.processedArgs as (string | undefined)[];
    const code = await spec.run({ options, args, out: cli.out, terminal: cli.terminal });
    cli.exitCode = code ?? 0;
  });
}

/** A command that only holds others: `countersign agent`. */
export function addGroup(program: Command, name: string, summary: string): Command {
  const group = program.command(name).description(summary).helpCommand(false);
  return group.addHelpText('after', () => {
    const first = group.commands[0]?.name() ?? '';
    return `\nExample:\n  $ countersign ${name} ${first} --help`;
  });
}

export function option(flags: string, description: string): Option {
  return new Option(flags, description);
}

export function required(flags: string, description: string): Option {
  return new Option(flags, description).makeOptionMandatory();
}

/** A length of time such as `90s`, `15m` or `8h`; the value is in seconds. */
export function duration(flags: string, description: string, maxSeconds: number): Option {
  return new Option(flags, description).argParser((text: string) => {
    const seconds = parseDuration(text);
    if (seconds !== undefined && seconds <= maxSeconds) return seconds;
    throw new InvalidArgumentError(
      `Write it like 90s, 15m or 8h; ${formatDuration(maxSeconds)} at most.`,
    );
  });
}

/** A whole number in a range. */
export function count(flags: string, description: string, least: number, most: number): Option {
  return new Option(flags, description).argParser((text: string) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`A whole number from ${least} to ${most}.`);
  });
}

/** May be given several times, or once with commas. */
export function several(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: string[] | undefined) => [
    ...(before ?? []),
    ...text.split(/[\s,]+/).filter(Boolean),
  ]);
}

export function reason(): Option {
  return required('--reason <text>', 'why; kept with the record');
}
