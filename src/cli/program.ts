import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { CliRun } from './command.ts';
import { addAgentCommands } from './commands/agent.ts';
import { addApprovalCommands } from './commands/approval.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addConfigCommands } from './commands/config.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDevCommand } from './commands/dev.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeyCommands, addMasterKeyCommands } from './commands/key.ts';
import { addLeaseCommands } from './commands/lease.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addOperatorCommands } from './commands/operator.ts';
import { addPolicyCommands } from './commands/policy.ts';
import { addResourceCommands } from './commands/resource.ts';
import { addResourceServerCommands } from './commands/resource-server.ts';
import { addRestoreCommands } from './commands/restore.ts';
import { addRevokeCommand } from './commands/revoke.ts';
import { addSandboxCommands } from './commands/sandbox.ts';
import { addScopeCommands } from './commands/scope.ts';
import { addSecretCommands } from './commands/secret.ts';
import { addServeCommand } from './commands/serve.ts';
import { addStopCommands } from './commands/stop.ts';
import { addTaskCommands } from './commands/task.ts';
import { addTokenCommands } from './commands/token.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { createOutput } from './output.ts';
import { hasColor, type Terminal } from './terminal.ts';

const GROUPS: readonly (readonly [title: string, ...add: ((p: Command, c: CliRun) => void)[]])[] = [
  [
    'The broker:',
    addDevCommand,
    addDemoCommand,
    addServeCommand,
    addMigrateCommand,
    addDoctorCommand,
    addConfigCommands,
    addOperatorCommands,
    addRestoreCommands,
    addKeyCommands,
    addMasterKeyCommands,
  ],
  ['What an agent does:', addTaskCommands, addTokenCommands, addLeaseCommands, addScopeCommands],
  [
    'What an operator sets up:',
    addAgentCommands,
    addResourceCommands,
    addSandboxCommands,
    addSecretCommands,
    addPolicyCommands,
    addResourceServerCommands,
  ],
  [
    'Stopping and checking:',
    addApprovalCommands,
    addRevokeCommand,
    addStopCommands,
    addAuditCommands,
  ],
];

const ENVIRONMENT = `
Environment:
  COUNTERSIGN_URL                  the broker (http://localhost:7300)
  COUNTERSIGN_OPERATOR_TOKEN_FILE  operator token, made by "countersign operator token"
  COUNTERSIGN_AGENT_ID             the agent to act as
  COUNTERSIGN_AGENT_KEY_FILE       its private key
  COUNTERSIGN_POLICIES             the policy bundle (./policies)

Exit codes: 0 done, 1 failed, 2 used wrongly, 3 denied, 4 approval pending`;

/**
 * Runs one command line.
 * @param argv arguments after the program's name
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const out = createOutput(terminal, argv.includes('--json'));
  const cli: CliRun = { terminal, exitCode: EXIT.done, out };
  try {
    await buildProgram(cli).parseAsync(argv, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    // Help and version end this way too, with 0; whatever commander itself refuses is a wrong use.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usedWrongly;
    const { reportFailure } = await import('./failure.ts');
    return reportFailure(error, terminal, cli.out);
  }
}

/** The whole command tree; nothing heavy is loaded before a command runs. */
function buildProgram(cli: CliRun): Command {
  const { terminal } = cli;
  const program = new Command('countersign')
    .description('Credential broker for AI agents: narrow, short-lived, decided by policy.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError('next: add --help to see how it is used')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => Math.min(terminal.stdout.columns ?? 100, 100),
      getErrHelpWidth: () => Math.min(terminal.stderr.columns ?? 100, 100),
      getOutHasColors: () => hasColor(terminal, terminal.stdout),
      getErrHasColors: () => hasColor(terminal, terminal.stderr),
    })
    .configureHelp({ subcommandTerm })
    .addHelpText('after', ENVIRONMENT);
  for (const [title, ...adders] of GROUPS) {
    program.commandsGroup(title);
    for (const add of adders) add(program, cli);
  }
  return program;
}

/** `agent create|list|suspend|resume`; one's own options are for its own help. */
function subcommandTerm(command: Command): string {
  const below = command.commands.map((one) => one.name()).join('|');
  const args = command.registeredArguments.map((one) =>
    one.required ? `<${one.name()}>` : `[${one.name()}]`,
  );
  return [command.name(), below, ...args].filter(Boolean).join(' ');
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
