import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/** Says which files pass, shows every failure whole, and ends with `N passed, N failed, N skipped`. */
export default class PlainReporter implements Reporter {
  onTestModuleEnd(module: TestModule): void {
    const tests = [...module.children.allTests()];
    const failed = tests.filter((test) => test.result().state === 'failed');
    const bad = failed.length > 0 || module.errors().length > 0;
    const ms = Math.round(module.diagnostic().duration);
    console.log(`${bad ? 'FAIL' : 'ok  '} ${module.relativeModuleId} (${tests.length}, ${ms} ms)`);
    for (const error of module.errors()) show('(file)', error);
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors()) show(suite.fullName, error);
    }
    for (const test of failed) showTest(test);
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    for (const error of errors) show('(outside any test)', error);
    const count = {
      passed: fromChecks('CHECKS_PASSED'),
      failed: fromChecks('CHECKS_FAILED') + errors.length,
      skipped: 0,
    };
    for (const module of modules) {
      // A file or suite that could not run counts as one failure: its tests never got a result.
      count.failed += module.errors().length;
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state === 'passed' || state === 'failed' ? state : 'skipped'] += 1;
      }
    }
    if (modules.length === 0) {
      console.log('No test file ran.');
      count.failed += 1;
      process.exitCode = 1;
    }
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }

  onUserConsoleLog(log: { content: string }): void {
    process.stdout.write(log.content);
  }
}

/** `npm test` runs the checks first and says here how they went. */
function fromChecks(name: string): number {
  return Number(process.env[name] ?? 0);
}

function showTest(test: TestCase): void {
  for (const error of test.result().errors ?? []) show(test.fullName, error);
}

function show(name: string, error: SerializedError): void {
  console.log(`\n  ✗ ${name}`);
  const text = [error.message, error['diff'], ownFrames(error.stack)].filter(Boolean).join('\n');
  const shown = process.stdout.isTTY ? text : stripVTControlCharacters(text);
  console.log(`${shown.replace(/^/gm, '    ')}\n`);
}

/** The stack without the message and without the test runner's own frames. */
function ownFrames(stack: string | undefined): string {
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return frames.filter((line) => !/\/node_modules\/|<anonymous>/.test(line)).join('\n');
}
