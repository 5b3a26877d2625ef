import { createInterface } from 'node:readline';
import { compose } from '../../src/main/compose.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { configOf, type PlainConfig } from '../support/plain-config.ts';

/**
 * One broker as a process of its own: its configuration is the first line of stdin, what it logs goes
 * to stdout. It ends with whoever started it, since its stdin then ends.
 */
const lines = createInterface({ input: process.stdin });
const [first] = (await new Promise<unknown[]>((resolve) =>
  lines.once('line', (...line) => resolve(line)),
)) as [string];
const destination = { write: (line: string) => void process.stdout.write(line) };
const log = createLogger({ level: 'warn', destination });
const { config, limits } = JSON.parse(first) as { config: PlainConfig; limits: object };
const composed = await compose(configOf(config), log, { limits });
await composed.start();
process.stdout.write('{"level":"info","msg":"ready"}\n');
lines.once('close', () => void composed.stop().then(() => process.exit(0)));
