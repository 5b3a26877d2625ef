// `npm test` runs everything; `npm test -- test/policy` only the tests named.
import { runChecks } from './checks.mjs';
import { ensureBuilt, ensureInstalled, runTool } from './ensure.mjs';

// Whoever reads only the last line must not take a run that never began for a good one.
process.once('exit', (code) => {
  if (code !== 0 && !reported) console.log('0 passed, 1 failed, 0 skipped');
});
let reported = false;

ensureInstalled();
const args = process.argv.slice(2);
const checks = args.length === 0 ? runChecks() : { passed: 0, failed: 0 };
ensureBuilt();
reported = true;
const { status } = runTool('vitest', 'vitest', ['run', ...args], {
  stdio: 'inherit',
  env: {
    ...process.env,
    CHECKS_PASSED: String(checks.passed),
    CHECKS_FAILED: String(checks.failed),
  },
});
process.exitCode = status === 0 && checks.failed > 0 ? 1 : status;
