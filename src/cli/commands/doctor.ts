import type { Command } from 'commander';
import type { DoctorCheck } from '../../main/run-doctor.ts';
import { addCommand, type CliRun } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { withProgress } from '../progress.ts';

/** `doctor` */
export function addDoctorCommand(program: Command, cli: CliRun): void {
  addCommand(program, cli, {
    name: 'doctor',
    summary: 'Check this installation, and print what mends it',
    examples: ['doctor', 'doctor --json | jq -r ".checks[].sql // [] | .[]"'],
    notes: "Runs on the broker's host. Exit code 1 when a check fails; warnings alone exit 0.",
    async run({ out, terminal }) {
      const { runDoctor } = await import('../../main/run-doctor.ts');
      const report = await withProgress(terminal, 'checking', () => runDoctor());
      out.result(report, () => describe(out, report.checks));
      return report.checks.some(({ level }) => level === 'fail') ? EXIT.failed : EXIT.done;
    },
  });
}

function describe(out: Output, checks: readonly DoctorCheck[]): string {
  const marks = {
    ok: out.paint.green('ok  '),
    warn: out.paint.yellow('warn'),
    fail: out.paint.red('FAIL'),
  };
  const lines = checks.flatMap(({ level, message, next, sql }) => [
    `${marks[level]}  ${printable(message)}`,
    ...(next ? [`      ${out.paint.dim('next:')} ${printable(next)}`] : []),
    ...(sql ?? []).map((statement) => `      ${printable(statement)}`),
  ]);
  const count = (level: DoctorCheck['level']) => checks.filter((one) => one.level === level).length;
  const summary = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`;
  return [...lines, '', summary].join('\n');
}
