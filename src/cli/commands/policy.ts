import type { Command } from 'commander';
import type { TestResult } from '../../policy/run-tests.ts';
import { readBundle } from '../bundle-directory.ts';
import { addCommand, addGroup, type CliRun, option } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';
import { addPolicyApply } from './policy-apply.ts';
import { addPolicyDiff } from './policy-diff.ts';
import { addPolicyExplain } from './policy-explain.ts';

/** `policy check|test|diff|apply|explain` */
export function addPolicyCommands(program: Command, cli: CliRun): void {
  const group = addGroup(
    program,
    'policy',
    'The policy bundle: check, test, compare, apply, explain',
  );
  addCheck(group, cli);
  addTest(group, cli);
  addPolicyDiff(group, cli);
  addPolicyApply(group, cli);
  addPolicyExplain(group, cli);
}

function addCheck(group: Command, cli: CliRun): void {
  addCommand(group, cli, {
    name: 'check [directory]',
    summary: 'Check a bundle whole, its tests included, without a broker',
    examples: ['policy check', 'policy check ./policies --json'],
    async run({ args, out, terminal }) {
      const { directory, bundle } = await readBundle(args[0], terminal);
      const { validateBundle } = await import('../../policy/validate.ts');
      const { offlineScopeCheck } = await import('../../main/check-scope.ts');
      const { warnings, tests } = validateBundle(bundle, offlineScopeCheck());
      const counts = {
        resources: bundle.resources.size,
        scopes: bundle.scopes.size,
        rules: bundle.rules.length,
        tests: tests.length,
      };
      out.result({ ok: true, digest: bundle.digest, ...counts, warnings }, () => {
        const lines = warnings.map(({ file, line, message }) =>
          printable(`${file}:${line}  ${message}`),
        );
        const said = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
        return [
          ...lines.map((line) => `${out.paint.yellow('warning')}  ${line}`),
          `${out.paint.green('OK')}  ${directory}: ${said.join(', ')} passed`,
        ].join('\n');
      });
    },
  });
}

function addTest(group: Command, cli: CliRun): void {
  addCommand<{ failed?: boolean }>(group, cli, {
    name: 'test [directory]',
    summary: "Run the bundle's own tests, without a broker",
    examples: ['policy test', 'policy test ./policies --failed'],
    options: [option('--failed', 'show only the cases that fail')],
    async run({ args, options, out, terminal }) {
      const { bundle } = await readBundle(args[0], terminal);
      const [{ compilePolicy }, { runTests }, { CHECKING_POOL }] = await Promise.all([
        import('../../policy/policy.ts'),
        import('../../policy/run-tests.ts'),
        import('../../policy/slice-pool.ts'),
      ]);
      const results = runTests(compilePolicy(bundle, { pool: CHECKING_POOL }));
      const failed = results.filter(({ failures }) => failures.length > 0);
      const passed = results.length - failed.length;
      const cases = results.map(({ case: { name, file, line }, failures }) => {
        return { name, file, line, failures };
      });
      out.result({ passed, failed: failed.length, cases }, () => {
        const lines = (options.failed ? failed : results).flatMap((result) =>
          caseLines(out, result),
        );
        return [...lines, `${passed} passed, ${failed.length} failed`].join('\n');
      });
      return failed.length > 0 ? EXIT.failed : EXIT.done;
    },
  });
}

function caseLines(out: Output, { case: test, failures }: TestResult): string[] {
  if (failures.length === 0) return [`${out.paint.green('ok  ')}  ${printable(test.name)}`];
  const title = `${out.paint.red('FAIL')}  ${printable(test.name)}`;
  return [
    `${title}  ${out.paint.dim(`${test.file}:${test.line}`)}`,
    ...failures.map((text) => `      ${printable(text)}`),
  ];
}
