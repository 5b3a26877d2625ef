import { readCliEnvironment } from '../main/cli-environment.ts';
import { run } from './program.ts';

// A reader that has seen enough (`| head`) closes the pipe; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

/** Milliseconds that a part which failed may hold the process after its command has ended. */
const LINGER_MS = 2000;

// Set rather than exit: what is still in the pipes gets out first.
process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: readCliEnvironment(),
  now: Date.now,
  fetch: globalThis.fetch,
});
setTimeout(() => process.exit(), LINGER_MS).unref();
