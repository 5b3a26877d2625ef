// `npm run simulate -- --tasks 10000 --seed 7`: a whole day of failing downstreams (test/simulation).
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, fail, runTool } from './ensure.mjs';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
  },
});
for (const [name, value] of Object.entries(values)) {
  if (!/^[0-9]{1,9}$/.test(value)) fail(`--${name} takes a whole number.`);
}
ensureInstalled();
ensureBuilt();
console.log(`seed ${values.seed}`);
const { status } = runTool('vitest', 'vitest', ['run', 'test/simulation/day.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, SIMULATED_TASKS: values.tasks, SIMULATION_SEED: values.seed },
});
process.exitCode = status;
