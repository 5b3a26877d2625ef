import { runTool } from './ensure.mjs';

const CHECKS = [
  { name: 'format', tool: ['@biomejs/biome', 'biome', ['format', '.']] },
  {
    name: 'lint',
    tool: ['oxlint', 'oxlint', ['--type-aware', '--type-check', '--deny-warnings', '.']],
  },
  { name: 'types', tool: ['typescript', 'tsc', ['-p', 'tsconfig.json', '--noEmit']] },
  {
    name: 'types of the console',
    tool: ['typescript', 'tsc', ['-p', 'src/console/tsconfig.json', '--noEmit']],
  },
  { name: 'dead code', tool: ['knip', 'knip', ['--no-progress']] },
];

/** Runs every check, prints one line for each (and what it found), returns how many failed. */
export function runChecks() {
  let failed = 0;
  for (const { name, tool } of CHECKS) {
    const [packageName, command, args] = tool;
    const started = performance.now();
    const result = runTool(packageName, command, args);
    const ms = Math.round(performance.now() - started);
    console.log(`${result.status === 0 ? 'ok  ' : 'FAIL'} check: ${name} (${ms} ms)`);
    if (result.status === 0) continue;
    failed += 1;
    console.log(result.output);
  }
  return { passed: CHECKS.length - failed, failed };
}
